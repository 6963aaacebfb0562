"""The only code that imports aiokafka: settings, topic names, the codec, one producer and one consumer."""
