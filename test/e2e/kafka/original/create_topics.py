"""Creates topics as the original's operators do from Python: names and partition counts, all else as the broker has it."""

import sys

from kafka.admin import KafkaAdminClient, NewTopic
from original import connection


def main():
    admin = KafkaAdminClient(**connection())
    named = [argument.split("=") for argument in sys.argv[1:]]
    admin.create_topics([NewTopic(name, num_partitions=int(count), replication_factor=1) for name, count in named])
    admin.close()


main()
