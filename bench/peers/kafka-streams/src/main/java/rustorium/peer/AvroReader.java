package rustorium.peer;

import java.math.BigInteger;
import java.util.Arrays;

/** Reads canonical Avro: each value in the only encoding that the ledger takes. */
final class AvroReader {
  /** 38 digits fit 16 bytes; one more for the sign. */
  private static final int DECIMAL_BYTES_MAX = 17;

  private static final int LONG_BITS = 64;

  private final byte[] bytes;
  private final int end;
  private int at;

  AvroReader(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** An int or long: zigzag, seven bits a byte, no trailing zero groups. */
  long readLong() throws Refused {
    long value = 0;
    for (int shift = 0; shift < LONG_BITS; shift += 7) {
      int next = next();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        // The tenth byte has room for one bit only.
        boolean tooLong = (next == 0 && shift > 0) || (shift == 63 && next > 1);
        if (tooLong) throw new Refused("NON_CANONICAL");
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new Refused("MALFORMED");
  }

  byte[] readFixed(int length) throws Refused {
    if (length > end - at) throw new Refused("MALFORMED");
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  byte[] readBytes() throws Refused {
    return readFixed(readLength());
  }

  /** A decimal of scale 0: two's complement, big-endian, in the fewest bytes. */
  BigInteger readDecimal() throws Refused {
    int length = readLength();
    if (length == 0 || length > DECIMAL_BYTES_MAX || length > end - at) throw new Refused("MALFORMED");
    if (length > 1) {
      boolean onlySign = (bytes[at] == 0 && bytes[at + 1] >= 0) || (bytes[at] == -1 && bytes[at + 1] < 0);
      if (onlySign) throw new Refused("NON_CANONICAL");
    }
    at += length;
    return new BigInteger(bytes, at - length, length);
  }

  void mustBeAtEnd() throws Refused {
    if (at != end) throw new Refused("MALFORMED");
  }

  private int readLength() throws Refused {
    long length = readLong();
    if (length < 0 || length > end - at) throw new Refused("MALFORMED");
    return (int) length;
  }

  private int next() throws Refused {
    if (at >= end) throw new Refused("MALFORMED");
    return bytes[at++] & 0xff;
  }
}
