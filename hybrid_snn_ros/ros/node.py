# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The classifier as a lifecycle node: camera frames and labels in, names out."""

import functools
from pathlib import Path
import time
import traceback

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header, String
from std_srvs.srv import SetBool, Trigger

from hybrid_snn_ros.classifier import Classifier, SHIPPED_ENCODER
from hybrid_snn_ros.memory.labels import LabelError, normalise
from hybrid_snn_ros.memory.store import StoreError
from hybrid_snn_ros.ros import messages
from hybrid_snn_ros.ros.annotate import annotated
from hybrid_snn_ros.ros.diagnostics import Diagnostics
from hybrid_snn_ros.ros.frame_slot import FrameSlot
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.ros.teaching import Request, TeachDesk
from hybrid_snn_ros.ros.worker import Worker
from hybrid_snn_ros.share import shared_file
from hybrid_snn_ros.snn.backend import BackendError
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError
from hybrid_snn_ros.vision.framing import check_crop

_DIAGNOSTICS_PERIOD = 1.0  # seconds
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def _told(transition):
    """Log what goes wrong in a transition: rclpy turns its exception into a silent ERROR."""
    @functools.wraps(transition)
    def run(self, state):
        try:
            return transition(self, state)
        except Exception:
            self.get_logger().error(
                f'{transition.__name__} failed in an unforeseen way: {traceback.format_exc()}')
            raise
    return run


class ClassifierNode(LifecycleNode):
    """Allocates in configure, has traffic only while active, frees everything in cleanup."""

    def __init__(self):
        super().__init__('classifier')
        self._classifier = None
        self._worker = None
        self._slot = None
        self._desk = None
        self._camera = None
        self._outgoing = []
        self._diagnostics = None
        self._settings = Parameters(self, lambda: self._classifier is not None)
        if self._settings.autostart:
            self._starter = self.create_timer(0.0, self._autostart)

    def _autostart(self):
        self.destroy_timer(self._starter)
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    @property
    def memory(self):
        """Directory in which this node keeps what it was taught."""
        chosen = self._settings.memory
        if chosen:
            return Path(chosen).expanduser()
        return Path('~/.ros/hybrid_snn_ros').expanduser().joinpath(
            *self.get_namespace().strip('/').split('/'), self.get_name())

    # -- transitions ---------------------------------------------------------------------------

    @_told
    def on_configure(self, state):
        """Load the encoder and what was taught, and make the publishers."""
        settings = self._settings
        try:
            crop = check_crop((settings.crop, settings.roi))
            encoder = Encoder(settings.model or shared_file(*SHIPPED_ENCODER), settings.threads)
            self.get_logger().info(encoder.describe())
            classifier = Classifier(
                encoder, settings.rule, {'seed': settings.seed}, crop, settings.false_unknown,
                settings.top_k, settings.backend)
            for remark in classifier.load(self.memory):
                self.get_logger().warning(remark)
        except (EncoderError, StoreError, BackendError, ValueError, OSError) as error:
            self.get_logger().error(f'configure failed: {error}')
            return TransitionCallbackReturn.FAILURE
        self._classifier = classifier
        self.get_logger().info(
            f'memory {self.memory}: {len(classifier.labels)} labels, '
            f'{len(classifier.samples)} samples; rule {classifier.rule_name}')
        if not messages.HAVE_VISION_MSGS:
            self.get_logger().warning(
                'vision_msgs is not installed: ~/classification, ~/label_info and ~/vision_info '
                'are off; ~/answer and ~/labels carry the same as JSON')
        self._make_publishers()
        return super().on_configure(state)

    def _make_publishers(self):
        self._label_out = self._out(String, '~/label', 10)
        self._answer_out = self._out(String, '~/answer', 10)
        self._annotated_out = self._out(Image, '~/annotated', qos_profile_sensor_data)
        self._result_out = self._out(DiagnosticStatus, '~/teach_result', 100)
        self._labels_out = self._out(String, '~/labels', _LATCHED)
        self._diagnostics_out = self._out(DiagnosticArray, '/diagnostics', 10)
        if messages.HAVE_VISION_MSGS:
            self._classification_out = self._out(messages.Classification, '~/classification', 10)
            self._label_info_out = self._out(messages.LabelInfo, '~/label_info', _LATCHED)
            self._vision_info_out = self._out(messages.VisionInfo, '~/vision_info', _LATCHED)

    def _out(self, kind, topic, qos):
        self._outgoing.append(self.create_lifecycle_publisher(kind, topic, qos))
        return self._outgoing[-1]

    @_told
    def on_activate(self, state):
        """Open the traffic: subscriptions, services, worker, diagnostics."""
        result = super().on_activate(state)
        self._slot = FrameSlot()
        self._desk = TeachDesk()
        self._diagnostics = Diagnostics(self.get_fully_qualified_name(), _DIAGNOSTICS_PERIOD)
        self._worker = Worker(
            self._classifier, self._slot, self._desk, self._settings, self.memory,
            self._publish_answer, self._publish_taught, self.get_logger(), self.get_clock())
        self._publish_labels()
        self._worker.start()
        topic = self.resolve_topic_name('image')
        kind = Image
        if self._settings.image_transport == 'compressed':
            topic, kind = f'{topic}/compressed', CompressedImage
        # Depth 1: a queue would only serve stale frames.
        camera_qos = QoSProfile(depth=1, reliability=qos_profile_sensor_data.reliability)
        self._camera = self.create_subscription(kind, topic, self._slot.put, camera_qos)
        self._teach_in = self.create_subscription(String, '~/teach', self._on_teach, 100)
        self._service_list = [self.create_service(SetBool, '~/learning', self._on_learning),
                          self.create_service(Trigger, '~/save', self._on_save)]
        self._ticker = self.create_timer(_DIAGNOSTICS_PERIOD, self._publish_diagnostics)
        return result

    @_told
    def on_deactivate(self, state):
        """Close the traffic and save."""
        self._close_traffic()
        return super().on_deactivate(state)

    def _close_traffic(self):
        if self._worker is None:
            return
        self.destroy_subscription(self._camera)
        self.destroy_subscription(self._teach_in)
        for service in self._service_list:
            self.destroy_service(service)
        self.destroy_timer(self._ticker)
        self._worker.stop()
        self._worker = None
        self._save()

    @_told
    def on_cleanup(self, state):
        """Free the encoder, the network and the publishers."""
        self._free()
        return super().on_cleanup(state)

    def on_shutdown(self, state):
        """Save and free, whatever state the node was in."""
        self._close_traffic()
        self._free()
        return super().on_shutdown(state)

    def on_error(self, state):
        """Come back to unconfigured with everything freed."""
        self._close_traffic()
        self._free()
        return TransitionCallbackReturn.SUCCESS

    def _free(self):
        if self._classifier is None:
            return
        for publisher in self._outgoing:
            self.destroy_lifecycle_publisher(publisher)
        self._outgoing = []
        self._classifier = None

    def close(self):
        """Stop the worker and save; for the end of the process."""
        self._close_traffic()
        self._free()

    # -- in ------------------------------------------------------------------------------------

    def _on_teach(self, message):
        try:
            label = normalise(message.data)
        except LabelError as error:
            self._publish_taught('ERROR', message.data[:64], str(error), {})
            return
        if not self._settings.learning:
            self._publish_taught('ERROR', label, 'learning is off (parameter learning)', {})
            return
        self._desk.ask(Request(label, self._settings.teach_frames))
        self._slot.nudge()

    def _on_learning(self, request, response):
        from rclpy.parameter import Parameter
        result = self.set_parameters([Parameter('learning', value=request.data)])[0]
        response.success = result.successful
        response.message = result.reason or f"learning is {'on' if request.data else 'off'}"
        return response

    def _on_save(self, request, response):
        with self._worker.learning:
            response.success, response.message = self._save()
        return response

    def _save(self):
        try:
            return True, f'saved to {self._classifier.save(self.memory)}'
        except StoreError as error:
            self.get_logger().error(str(error))
            return False, str(error)

    # -- out (called by the worker) ------------------------------------------------------------

    def _publish_answer(self, message, prediction, latency_ms, processing_ms):
        self._label_out.publish(String(data=prediction.label))
        if messages.HAVE_VISION_MSGS:
            self._classification_out.publish(messages.classification(message.header, prediction))
        if self._answer_out.get_subscription_count():
            self._answer_out.publish(String(data=messages.answer(
                message.header, prediction, latency_ms, processing_ms)))
        if self._annotated_out.get_subscription_count():
            self._annotated_out.publish(annotated(message, prediction, self._classifier.crop))

    def _publish_taught(self, level, label, sentence, values):
        self._result_out.publish(messages.status(level, label, sentence, **values))
        if level == 'OK':
            self._publish_labels()
        else:
            self.get_logger().warning(f'teach: {sentence}')

    def _publish_labels(self):
        classifier = self._classifier
        names, version = classifier.labels.names, classifier.version
        self._labels_out.publish(String(data=messages.labels(
            names, classifier.sample_counts, version)))
        if messages.HAVE_VISION_MSGS:
            header = Header(stamp=self.get_clock().now().to_msg())
            self._label_info_out.publish(messages.label_info(header, names))
            self._vision_info_out.publish(messages.vision_info(
                header, f'EfficientNet + CoLaNET ({classifier.rule_name})', str(self.memory),
                version))

    def _publish_diagnostics(self):
        worker, classifier = self._worker, self._classifier
        since = time.monotonic() - self._slot.last_time
        counters = {'received': self._slot.received, 'answered': worker.answered,
                    'dropped': self._slot.dropped, 'refused': worker.refused,
                    'last_refusal': worker.last_refusal}
        facts = {'labels': len(classifier.labels), 'samples': len(classifier.samples),
                 'database_version': classifier.version, 'rule': classifier.rule_name,
                 'encoder': classifier.encoder.describe(), 'memory': str(self.memory),
                 'vision_msgs': 'on' if messages.HAVE_VISION_MSGS else 'not installed'}
        silent = since if since > self._settings.image_timeout else None
        self._diagnostics_out.publish(self._diagnostics.message(
            self.get_clock().now().to_msg(), counters, worker.times, facts, silent))
