# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A bare WebKitGTK window for WebKitWebDriver, run by the system's Python.

The driver's own MiniBrowser is never narrower than its tool bar. SIGUSR1 asks for the light colour
scheme, SIGUSR2 for the dark one.
"""

import os
import signal

import gi

gi.require_version('Gdk', '3.0')
gi.require_version('Gtk', '3.0')
gi.require_version('WebKit2', '4.1')
from gi.repository import Gdk, GLib, Gtk, WebKit2  # noqa: E402


def unbuffered():
    """Make a terminal of what our children, who show the page, write their messages to."""
    out, (ours, theirs) = os.dup(1), os.openpty()
    os.dup2(theirs, 1)
    GLib.io_add_watch(ours, GLib.IO_IN, lambda *_: os.write(out, os.read(ours, 65536)) >= 0)


def main():
    """Open a window for each view that the driver asks for; ends with the driver."""
    unbuffered()
    context = WebKit2.WebContext()
    context.set_automation_allowed(True)
    log = WebKit2.Settings(enable_write_console_messages_to_stdout=True)

    def view(_):
        made = WebKit2.WebView(web_context=context, is_controlled_by_automation=True, settings=log)
        window = Gtk.Window(decorated=False, child=made)
        window.show_all()
        window.get_window().focus(Gdk.CURRENT_TIME)  # there is no window manager to do it
        return made

    def started(_, session):
        told = WebKit2.ApplicationInfo()
        told.set_name('MiniBrowser')  # what the driver expects unless it is told otherwise
        session.set_application_info(told)
        session.connect('create-web-view', view)

    context.connect('automation-started', started)
    look = Gtk.Settings.get_default()
    for number, dark in ((signal.SIGUSR1, False), (signal.SIGUSR2, True)):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, lambda dark: look.set_property(
            'gtk-application-prefer-dark-theme', dark) or True, dark)
    Gtk.main()


if __name__ == '__main__':
    main()
