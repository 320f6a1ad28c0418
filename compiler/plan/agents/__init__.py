"""The agent programs that factoryline knows, one file each.

A profile is an entry of `agents:` that comes with factoryline: the same keys, the same schema. What
factory.yaml says of an agent is laid over its profile; `custom.yaml` lies under all of them.
"""
