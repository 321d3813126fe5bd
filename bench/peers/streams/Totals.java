import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Number of orders and the sum of their amounts, in hundredths. */
record Totals(long orderCount, long salesMinor) {
  static final Totals NONE = new Totals(0, 0);
  static final String SHARD_STORE = "shard";
  static final String SUM_STORE = "sum";

  /** One partition's totals, by country. */
  record Shard(Map<String, Totals> byCountry) {}

  record Snapshot(BigDecimal totalSales, long orderCount) {}

  Totals plus(Totals other) {
    return new Totals(orderCount + other.orderCount, salesMinor + other.salesMinor);
  }

  /** Cached: the changelog gets one record a country and commit, instead of one an order. */
  static StoreBuilder<KeyValueStore<String, Totals>> shardStore() {
    return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(SHARD_STORE), Serdes.String(), serde())
        .withCachingEnabled();
  }

  static StoreBuilder<KeyValueStore<String, Shard>> sumStore() {
    return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(SUM_STORE), Serdes.String(), Order.serde(Shard.class))
        .withCachingEnabled();
  }

  private static Serde<Totals> serde() {
    return Serdes.serdeFrom(
        (topic, totals) ->
            ByteBuffer.allocate(2 * Long.BYTES).putLong(totals.orderCount).putLong(totals.salesMinor).array(),
        (topic, bytes) -> {
          if (bytes == null) return null;
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          return new Totals(buffer.getLong(), buffer.getLong());
        });
  }

  /**
   * Adds up where the orders are, a partition at a time, and hands on one shard a commit interval. Grouping by country
   * instead would send every order through Kafka a second time.
   */
  static final class AddUp implements Processor<String, Order, String, Shard> {
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private ProcessorContext<String, Shard> context;
    private KeyValueStore<String, Totals> store;
    private boolean hasChanged;

    @Override
    public void init(ProcessorContext<String, Shard> context) {
      this.context = context;
      store = context.getStateStore(SHARD_STORE);
      context.schedule(INTERVAL, PunctuationType.WALL_CLOCK_TIME, this::handOn);
    }

    @Override
    public void process(Record<String, Order> order) {
      String country = order.value().country();
      Totals known = store.get(country);
      store.put(country, (known == null ? NONE : known).plus(new Totals(1, order.value().amountMinor())));
      hasChanged = true;
    }

    private void handOn(long nowMs) {
      if (!hasChanged) return;
      hasChanged = false;
      Map<String, Totals> byCountry = new HashMap<>();
      try (KeyValueIterator<String, Totals> rows = store.all()) {
        while (rows.hasNext()) {
          KeyValue<String, Totals> row = rows.next();
          byCountry.put(row.key, row.value);
        }
      }
      String shard = String.valueOf(context.taskId().partition());
      context.forward(new Record<>(shard, new Shard(byCountry), nowMs));
    }
  }

  /** One snapshot of all shards whenever one of them changed. */
  static final class SumUp implements Processor<String, Shard, String, Snapshot> {
    private ProcessorContext<String, Snapshot> context;
    private KeyValueStore<String, Shard> store;

    @Override
    public void init(ProcessorContext<String, Snapshot> context) {
      this.context = context;
      store = context.getStateStore(SUM_STORE);
    }

    @Override
    public void process(Record<String, Shard> shard) {
      store.put(shard.key(), shard.value());
      Totals sum = NONE;
      try (KeyValueIterator<String, Shard> shards = store.all()) {
        while (shards.hasNext()) {
          for (Totals totals : shards.next().value.byCountry().values()) sum = sum.plus(totals);
        }
      }
      Snapshot snapshot = new Snapshot(BigDecimal.valueOf(sum.salesMinor(), 2), sum.orderCount());
      context.forward(new Record<>(null, snapshot, shard.timestamp()));
    }
  }
}
