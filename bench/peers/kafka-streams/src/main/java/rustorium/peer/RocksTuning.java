package rustorium.peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.Filter;
import org.rocksdb.LRUCache;
import org.rocksdb.Cache;
import org.rocksdb.Options;

/** RocksDB for small values that are read before each write: memory first, and no compression of what is random. */
public final class RocksTuning implements RocksDBConfigSetter {
  private static final long WRITE_BUFFER_BYTES = 32L * 1024 * 1024;
  private static final long BLOCK_CACHE_BYTES = 64L * 1024 * 1024;
  private static final double BLOOM_BITS = 10;

  private final Filter filter = new BloomFilter(BLOOM_BITS, false);
  private final Cache cache = new LRUCache(BLOCK_CACHE_BYTES);

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(cache);
    table.setFilterPolicy(filter);
    options.setTableFormatConfig(table);
    options.setWriteBufferSize(WRITE_BUFFER_BYTES);
    options.setCompressionType(CompressionType.NO_COMPRESSION);
  }

  @Override
  public void close(String storeName, Options options) {
    filter.close();
    cache.close();
  }
}
