"""What the court side and the agency side agree on: the words, the records and the messages. No I/O but `contracts.kafka`."""
