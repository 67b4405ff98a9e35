"""Registers the provisioning room."""

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """The provisioning room."""

    name = "provisioning"
