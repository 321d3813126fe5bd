import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;

/**
 * One step of the pipeline in Kafka Streams, exactly once. It ends once so many orders and all that came of them are
 * committed, and prints how long that took, from the first record on, as one line of JSON.
 *
 * <p>Arguments: payment, fraud or analytics; the input topic; number of orders; then settings as name=value, of which
 * application.id, bootstrap.servers and state.dir are needed.
 */
public final class StreamsPeer {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private record Sample(long nanos, long records) {}

  public static void main(String[] args) throws Exception {
    String step = args[0];
    String topic = args[1];
    long records = Long.parseLong(args[2]);
    Properties settings = settings(List.of(args).subList(3, args.length));
    String group = settings.getProperty(StreamsConfig.APPLICATION_ID_CONFIG);
    Progress progress = new Progress();
    KafkaStreams streams = new KafkaStreams(topology(step, topic, progress), settings);
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          // Ends the process at once: a run with a failure in it is no measurement.
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    try (Admin admin = Admin.create(settings);
        KafkaConsumer<byte[], byte[]> snapshots = snapshotReader(settings)) {
      streams.start();
      Sample half = untilCommitted(admin, group, topic, progress, records / 2);
      Sample end = untilCommitted(admin, group, topic, progress, records);
      if (step.equals("analytics")) end = untilPublished(snapshots, records);
      report(progress.startNanos(), half, end);
      streams.close();
      removeInternalTopics(admin, group);
    }
    System.exit(0);
  }

  private static Properties settings(List<String> chosen) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put("consumer.auto.offset.reset", "earliest");
    for (String setting : chosen) {
      String[] parts = setting.split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    return settings;
  }

  private static Topology topology(String step, String topic, Progress progress) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, Order> orders =
        builder.stream(topic, Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .processValues(progress::tap)
            .mapValues(Order::parse)
            .filter((key, order) -> order != null);
    switch (step) {
      case "payment" -> pay(orders);
      case "fraud" -> assess(orders);
      case "analytics" -> addUp(builder, orders);
      default -> throw new IllegalArgumentException("no step is called " + step);
    }
    return builder.build();
  }

  private static void pay(KStream<String, Order> orders) {
    orders.mapValues(Order::paid).to("payments", Produced.with(Serdes.String(), Order.serde(Order.Payment.class)));
  }

  private static void assess(KStream<String, Order> orders) {
    orders
        .filter((key, order) -> order.isSuspicious())
        .mapValues(Order::alert)
        .to("fraud-alerts", Produced.with(Serdes.String(), Order.serde(Order.Alert.class)));
  }

  private static void addUp(StreamsBuilder builder, KStream<String, Order> orders) {
    builder.addStateStore(Totals.shardStore());
    builder.addStateStore(Totals.sumStore());
    orders
        .process(Totals.AddUp::new, Totals.SHARD_STORE)
        .repartition(
            Repartitioned.with(Serdes.String(), Order.serde(Totals.Shard.class)).withName("shards").withNumberOfPartitions(1))
        .process(Totals.SumUp::new, Totals.SUM_STORE)
        .to("order-analytics", Produced.with(Serdes.String(), Order.serde(Totals.Snapshot.class)));
  }

  /** Waits until so many orders are processed, then until the group's offsets and with them the outputs are committed. */
  private static Sample untilCommitted(Admin admin, String group, String topic, Progress progress, long records)
      throws InterruptedException, ExecutionException {
    Progress.Point point = progress.point();
    while (point.records() < records) {
      Thread.sleep(PAUSE.toMillis());
      point = progress.point();
    }
    while (!isCommitted(admin, group, topic, point.nextOffsets())) Thread.sleep(PAUSE.toMillis());
    return new Sample(System.nanoTime(), point.records());
  }

  private static boolean isCommitted(Admin admin, String group, String topic, Map<Integer, Long> nextOffsets)
      throws InterruptedException, ExecutionException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    return nextOffsets.entrySet().stream()
        .allMatch(
            next -> {
              OffsetAndMetadata known = committed.get(new TopicPartition(topic, next.getKey()));
              return known != null && known.offset() >= next.getValue();
            });
  }

  /** Reads the snapshots that are written from now on. */
  private static KafkaConsumer<byte[], byte[]> snapshotReader(Properties settings) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", settings.get("bootstrap.servers"));
    config.put("isolation.level", "read_committed");
    KafkaConsumer<byte[], byte[]> reader =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        reader.partitionsFor("order-analytics").stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    reader.assign(partitions);
    reader.seekToEnd(partitions);
    partitions.forEach(reader::position);
    return reader;
  }

  /** Waits for a committed snapshot that holds as many orders. */
  private static Sample untilPublished(KafkaConsumer<byte[], byte[]> reader, long records) throws IOException {
    while (true) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(PAUSE)) {
        Totals.Snapshot snapshot = Order.JSON.readValue(record.value(), Totals.Snapshot.class);
        if (snapshot.orderCount() >= records) return new Sample(System.nanoTime(), records);
      }
    }
  }

  private static void removeInternalTopics(Admin admin, String group) throws InterruptedException, ExecutionException {
    List<String> own = admin.listTopics().names().get().stream().filter(name -> name.startsWith(group + "-")).toList();
    admin.deleteTopics(own).all().get();
  }

  private static void report(long startNanos, Sample half, Sample end) {
    double seconds = (end.nanos - startNanos) / 1e9;
    double lateSeconds = (end.nanos - half.nanos) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "{\"records\":%d,\"seconds\":%.3f,\"late_records\":%d,\"late_seconds\":%.3f}%n",
        end.records, seconds, end.records - half.records, lateSeconds);
  }
}
