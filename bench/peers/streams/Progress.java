import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** How far the input was processed, for the clock alone: a pass-through at the head of every step. */
final class Progress {
  /** So many records, and by partition the first offset behind them. */
  record Point(long records, Map<Integer, Long> nextOffsets) {}

  private final Queue<Tap> taps = new ConcurrentLinkedQueue<>();
  private final AtomicLong startNanos = new AtomicLong();

  /** When the first record came; 0 before. */
  long startNanos() {
    return startNanos.get();
  }

  Point point() {
    Map<Integer, Long> nextOffsets = new HashMap<>();
    long records = 0;
    for (Tap tap : taps) {
      long count = tap.count;
      if (count == 0) continue;
      records += count;
      nextOffsets.merge(tap.partition, tap.nextOffset, Math::max);
    }
    return new Point(records, nextOffsets);
  }

  FixedKeyProcessor<String, byte[], byte[]> tap() {
    Tap tap = new Tap();
    taps.add(tap);
    return tap;
  }

  private final class Tap implements FixedKeyProcessor<String, byte[], byte[]> {
    private FixedKeyProcessorContext<String, byte[]> context;
    private int partition;
    private long nextOffset;
    /** Written last, by one thread: who reads it sees the two above. */
    private volatile long count;

    @Override
    public void init(FixedKeyProcessorContext<String, byte[]> context) {
      this.context = context;
      partition = context.taskId().partition();
    }

    @Override
    public void process(FixedKeyRecord<String, byte[]> record) {
      if (count == 0) startNanos.compareAndSet(0, System.nanoTime());
      nextOffset = context.recordMetadata().orElseThrow().offset() + 1;
      count += 1;
      context.forward(record);
    }
  }
}
