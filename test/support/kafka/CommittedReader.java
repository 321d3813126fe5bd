import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prints what a read_committed consumer sees in the topics, from the beginning to what was stable when it started:
 * a line of JSON a record, everything that may hold any byte in base64. Arguments: bootstrap servers, topics.
 */
public final class CommittedReader {
    private static final Duration POLL = Duration.ofMillis(500);
    /** Without any progress for so long, something is wrong that waiting won't mend. */
    private static final long PATIENCE_MS = 30_000;

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("isolation.level", "read_committed");
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "none");
        properties.put("allow.auto.create.topics", "false");
        properties.put("max.poll.records", "20000");
        properties.put("max.partition.fetch.bytes", String.valueOf(8 << 20));
        // The file descriptor itself: System.out would hide that our reader is gone.
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 20);
            KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = partitionsOf(consumer, Arrays.asList(args).subList(1, args.length));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            read(consumer, consumer.endOffsets(partitions), out);
        }
    }

    private static List<TopicPartition> partitionsOf(KafkaConsumer<byte[], byte[]> consumer, List<String> topics) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            List<PartitionInfo> infos = consumer.partitionsFor(topic);
            if (infos == null || infos.isEmpty()) throw new IllegalArgumentException("there is no topic " + topic);
            for (PartitionInfo info : infos) partitions.add(new TopicPartition(topic, info.partition()));
        }
        return partitions;
    }

    /** By positions, not by records: the last ones below the end may be markers, or records of an aborted transaction. */
    private static void read(
        KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, OutputStream out) throws Exception {
        StringBuilder lines = new StringBuilder();
        long position = -1;
        long progressMs = System.currentTimeMillis();
        while (!isAtEnd(consumer, ends)) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.get(partition)) append(lines, record);
            }
            out.write(lines.toString().getBytes(StandardCharsets.ISO_8859_1));
            lines.setLength(0);
            long positionBefore = position;
            position = ends.keySet().stream().mapToLong(consumer::position).sum();
            if (position != positionBefore) progressMs = System.currentTimeMillis();
            if (System.currentTimeMillis() - progressMs > PATIENCE_MS) {
                throw new IllegalStateException("no progress for " + PATIENCE_MS + " ms before the end: " + ends);
            }
        }
    }

    private static boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private static void append(StringBuilder line, ConsumerRecord<byte[], byte[]> record) {
        line.append("[\"").append(record.topic()).append("\",").append(record.partition()).append(',');
        line.append(record.offset()).append(',').append(record.timestamp()).append(',');
        appendBytes(line, record.key());
        line.append(',');
        appendBytes(line, record.value());
        line.append(",[");
        String separator = "";
        for (Header header : record.headers()) {
            line.append(separator).append('[');
            appendBytes(line, header.key().getBytes(StandardCharsets.UTF_8));
            line.append(',');
            appendBytes(line, header.value());
            line.append(']');
            separator = ",";
        }
        line.append("]]\n");
    }

    private static void appendBytes(StringBuilder line, byte[] bytes) {
        if (bytes == null) line.append("null");
        else line.append('"').append(Base64.getEncoder().encodeToString(bytes)).append('"');
    }
}
