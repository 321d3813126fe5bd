import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** What the steps need of an order; the other members of its JSON are skipped. */
record Order(long orderId, BigDecimal amount, String country) {
  private static final Set<String> HOME_COUNTRIES = Set.of("US", "CA");
  private static final BigDecimal HIGH_AMOUNT = new BigDecimal("300");

  static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();

  private static final ObjectReader READER = JSON.readerFor(Order.class);

  record Payment(long orderId, String status, BigDecimal amount, String country, BigDecimal timestamp) {}

  record Alert(long orderId, String reason, BigDecimal amount, String country) {}

  /** Null for what is no valid order. */
  static Order parse(byte[] json) {
    try {
      Order order = READER.readValue(json);
      return order != null && order.isValid() ? order : null;
    } catch (IOException malformed) {
      return null;
    }
  }

  private boolean isValid() {
    return orderId > 0
        && amount != null
        && amount.signum() > 0
        && (amount.scale() <= 2 || amount.stripTrailingZeros().scale() <= 2)
        && country != null
        && country.length() == 2;
  }

  long amountMinor() {
    return amount.movePointRight(2).longValueExact();
  }

  boolean isSuspicious() {
    return amount.compareTo(HIGH_AMOUNT) > 0 && !HOME_COUNTRIES.contains(country);
  }

  Payment paid() {
    return new Payment(orderId, "PAID", amount, country, BigDecimal.valueOf(System.currentTimeMillis(), 3));
  }

  Alert alert() {
    return new Alert(orderId, "HIGH_AMOUNT_RISKY_COUNTRY", amount, country);
  }

  static <T> Serde<T> serde(Class<T> type) {
    ObjectReader reader = JSON.readerFor(type);
    ObjectWriter writer = JSON.writerFor(type);
    return Serdes.serdeFrom(
        (topic, value) -> {
          try {
            return writer.writeValueAsBytes(value);
          } catch (IOException error) {
            throw new SerializationException(error);
          }
        },
        (topic, bytes) -> {
          try {
            return reader.readValue(bytes);
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        });
  }
}
