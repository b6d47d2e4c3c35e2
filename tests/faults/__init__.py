"""What may happen to the running service, on a real Kafka: after it each version of each alert is read once, in order,
and the last ones are what a replay says.
"""
