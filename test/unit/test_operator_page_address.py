# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the page listens, which addresses it names, and under which it is asked; without ROS."""

import socket

import pytest

from hybrid_snn_ros.operator_page import access, address, settings
from hybrid_snn_ros.operator_page.listening import listening
from hybrid_snn_ros.operator_page.public_url import public_url

DEFAULTS = {parameter.name: parameter.default for parameter in settings.TABLE}
IPV6 = socket.has_dualstack_ipv6()
ipv6 = pytest.mark.skipif(not IPV6, reason='this computer has no IPv6')


# -- what is shown -------------------------------------------------------------------------------


def test_the_address_hides_the_pin_from_servers_and_logs():
    assert address.page_url('http', '10.0.0.7', 8080, '') == 'http://10.0.0.7:8080/'
    assert address.page_url('https', '::1', 1, '123456') == 'https://[::1]:1/#pin=123456'
    assert address.is_loopback('127.0.0.5') and address.is_loopback('localhost')
    assert not address.is_loopback('0.0.0.0') and not address.is_loopback('robot')


@pytest.mark.parametrize('host, public_host, shown', [
    ('0.0.0.0', 'robot.local', 'robot.local'), ('::', 'robot.local', 'robot.local'),
    ('10.0.0.7', '', '10.0.0.7'), ('fd00::7', '', 'fd00::7'), ('robot', '', 'robot')])
def test_a_given_name_or_address_is_shown_alone(host, public_host, shown):
    assert address.reachable(host, public_host) == [shown]


def test_every_address_that_is_named_is_one_of_this_computers():
    found = address.own_addresses()
    assert not any(map(address.is_loopback, found))
    assert len(set(found)) == len(found)
    for each in found:
        [made] = listening(each, 0)
        made.close()


def test_the_addresses_shown_fit_what_is_listened_on():
    own = address.own_addresses()
    for everywhere in ('::', ''):
        assert address.reachable(everywhere, '') == (own or [socket.gethostname()])
    four = [each for each in own if ':' not in each]
    assert address.reachable('0.0.0.0', '') == (four or [socket.gethostname()])
    assert own[:len(four)] == four, 'the shorter ones first'


# -- what is listened on -------------------------------------------------------------------------


def answers(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
        return True
    except OSError:
        return False


@ipv6
@pytest.mark.parametrize('host', ['::', '', '::0', '[::]', '0:0:0:0:0:0:0:0'])
def test_everywhere_is_both_families(host):
    host = settings.checked({**DEFAULTS, 'host': host}).host
    [made] = listening(host, 0)
    with made:
        port = made.getsockname()[1]
        for each in ('127.0.0.1', '::1', *address.own_addresses()):
            assert answers(each, port), each


@pytest.mark.parametrize('host, here, elsewhere', [
    ('127.0.0.1', ['127.0.0.1'], ['::1', '127.0.0.2']), ('0.0.0.0', ['127.0.0.1', '127.0.0.2'],
                                                        ['::1']),
    ('0', ['127.0.0.1', '127.0.0.2'], ['::1']), ('127.1', ['127.0.0.1'], ['127.0.0.2']),
    pytest.param('::1', ['::1'], ['127.0.0.1'], marks=ipv6),
    pytest.param('[::1]', ['::1'], ['127.0.0.1'], marks=ipv6)])
def test_one_family_or_one_address_is_no_more_than_that(host, here, elsewhere):
    [made] = listening(settings.checked({**DEFAULTS, 'host': host}).host, 0)
    with made:
        port = made.getsockname()[1]
        assert all(answers(each, port) for each in here)
        assert not any(answers(each, port) for each in elsewhere)


def test_all_addresses_of_a_name_share_one_port():
    sockets = listening('localhost', 0)
    assert len({made.getsockname()[1] for made in sockets}) == 1
    for made in sockets:
        made.close()


@pytest.mark.parametrize('host, sentence', [
    ('192.0.2.77', 'this computer does not have that address; it has 127.0.0.1'),
    ('2001:db8::77', 'this computer does not have that address; it has 127.0.0.1'),
    ('nobody.invalid', 'that name is unknown here'), ('http://0.0.0.0', 'that name is unknown'),
    ('a b', 'that name is unknown'), ('x' * 80, 'that name is unknown')])
def test_an_address_that_is_not_ours_is_refused_with_what_to_do(host, sentence):
    with pytest.raises(ValueError) as refusal:
        listening(host, 8080)
    assert str(refusal.value).startswith(f'cannot listen on {host} port 8080: {sentence}')


@pytest.mark.parametrize('host, taken', [
    ('127.0.0.1', '127.0.0.1'), ('0.0.0.0', '127.0.0.1'), ('localhost', '127.0.0.1'),
    pytest.param('::', '127.0.0.1', marks=ipv6), pytest.param('::', '::1', marks=ipv6)])
def test_a_port_in_use_is_refused_with_what_to_do(host, taken):
    [other] = listening(taken, 0)
    with other, pytest.raises(ValueError, match='another program listens there; take another'):
        listening(host, other.getsockname()[1])


# -- what it is asked by -------------------------------------------------------------------------


@pytest.mark.parametrize('text, shown', [
    ('https://robot.example.org', 'https://robot.example.org/'),
    ('https://Robot.Example.org:443/', 'https://robot.example.org/'),
    ('http://robot:80/robot1', 'http://robot/robot1/'),
    ('https://robot.example.org:8443/a/b-2/', 'https://robot.example.org:8443/a/b-2/'),
    ('http://192.168.1.7:8080', 'http://192.168.1.7:8080/'),
    ('http://[FD00:0::2]:8080/x', 'http://[fd00::2]:8080/x/'),
    ('https://röbot.example/', 'https://xn--rbot-5qa.example/')])
def test_a_public_url_is_kept_as_browsers_write_it(text, shown):
    assert settings.checked({**DEFAULTS, 'public_url': text}).public_url == shown


@pytest.mark.parametrize('text, why', [
    ('robot.example.org', 'begin with http'), ('robot:8080', 'begin with http'),
    ('ftp://robot/', 'begin with http'), ('//robot/', 'begin with http'), ('https://', 'neither'),
    ('https://me@robot/', 'user name'), ('https://robot/?a=1', 'follow the path'),
    ('https://robot/#pin=123456', 'follow the path'), ('https://robot:0/', 'port'),
    ('https://robot:99999/', 'ort'), ('https://robot:/', 'port'), ('https://ro bot/', 'neither'),
    ('https://1.2.3/', 'neither'), ('https://[fe80::1%eth0]/', 'neither'), ('https://[::1', ''),
    ('https://robot/../x', 'path'), ('https://robot/{x}/', 'path'), ('https://robot/a//b', 'path'),
    ('https://-robot/', 'neither'), ('https://' + 'x' * 64 + '/', 'neither')])
def test_a_public_url_that_is_none_is_refused_with_an_example(text, why):
    with pytest.raises(ValueError) as refusal:
        settings.checked({**DEFAULTS, 'public_url': text})
    assert str(refusal.value).startswith('public_url must look like https://robot.example.org/ or')
    assert why in str(refusal.value)


@pytest.mark.parametrize('text', [
    'https://robot.local', 'robot.local:8080', 'robot.local/x', 'a b', '1.2.3', 'robot.local?'])
def test_a_public_host_is_a_name_alone(text):
    with pytest.raises(ValueError, match='public_host must be just a name or an address'):
        settings.checked({**DEFAULTS, 'public_host': text})
    for good in ('Robot.local', '192.168.1.7', '[fd00::2]', 'fd00::2'):
        settings.checked({**DEFAULTS, 'public_host': good})


@pytest.mark.parametrize('origin, same', [
    ('http://robot:8080', True), ('http://ROBOT:8080', True), ('https://robot:8080', True),
    ('http://robot', False), ('http://robot:8081', False), ('null', False), ('', False),
    (None, False), ('http://robot:8080.evil.example', False), ('ftp://robot:8080', False),
    ('robot:8080', False), ('http://robot:8080/', False), ('http://evil.example', False)])
def test_only_the_page_itself_is_its_origin(origin, same):
    assert access.Authenticator('').same_origin(origin, False, 'robot:8080') == same


@pytest.mark.parametrize('origin, host, same', [
    ('http://robot', 'robot:80', True), ('https://robot', 'robot:443', True),
    ('https://[fd00::2]', '[fd00::2]:443', True), ('https://robot', 'robot:80', False),
    ('http://robot', 'robot:443', False), ('https://robot', 'robot:8443', False)])
def test_a_proxy_may_write_the_port_that_browsers_leave_out(origin, host, same):
    assert access.Authenticator('').same_origin(origin, False, host) == same


def test_over_tls_plain_http_of_the_same_name_is_somebody_else():
    door = access.Authenticator('')
    assert door.same_origin('https://robot:8080', True, 'robot:8080')
    assert not door.same_origin('http://robot:8080', True, 'robot:8080')


@pytest.mark.parametrize('origin, host, same', [
    ('https://robot.example.org', 'robot.example.org', True),
    ('https://ROBOT.example.org', 'robot.example.org', True),
    ('https://robot.example.org', '127.0.0.1:8080', True),  # a proxy that names us instead
    ('https://robot.example.org', '[fd00::2]:8080', True),
    ('http://robot.example.org', 'robot.example.org', False),
    ('http://robot.example.org', '127.0.0.1:8080', False),
    ('https://robot.example.org:8443', '127.0.0.1:8080', False),
    ('https://evil.example', 'robot.example.org', False),
    ('https://robot.example.org.evil.example', 'robot.example.org', False),
    ('http://192.168.1.7:8080', '192.168.1.7:8080', True),  # past the proxy, at home
    ('http://192.168.1.8:8080', '192.168.1.7:8080', False), ('null', '127.0.0.1:8080', False)])
def test_the_origin_behind_a_proxy_is_the_public_one(origin, host, same):
    door = access.Authenticator('', public=public_url('https://robot.example.org/robot1/'))
    assert door.same_origin(origin, False, host) == same
    assert door.host_is_ours(host)
    assert not door.host_is_ours('evil.example')


@pytest.mark.parametrize('origin, same', [
    ('https://robot.local', True), ('http://robot.local', False), ('https://ROBOT.local', True),
    ('https://[fd00::2]', True), ('https://robot.local:8443', False), ('null', False),
    ('https://robot', False), ('https://evil.robot.local', False), ('https://fd00::2', False)])
def test_a_name_that_was_given_is_an_origin_whatever_the_proxy_calls_us(origin, same):
    door = access.Authenticator('', ['Robot.local', 'fd00::2'])
    assert door.same_origin(origin, False, '127.0.0.1:8080') == same


@pytest.mark.parametrize('pin, digits', [
    ('123456', True), ('12345a', False), ('abcdef', False), ('١٢٣٤٥٦', False), ('12 345', False)])
def test_whether_a_keypad_is_enough_for_the_pin(pin, digits):
    assert access.Authenticator(pin).digits == digits
