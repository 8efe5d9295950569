package rustorium.peer;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** Runs the job until SIGTERM. Prints one JSON line when every task runs. */
public final class Main {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private Main() {}

  public static void main(String[] words) throws InterruptedException {
    Arguments arguments = Arguments.parse(words);
    KafkaStreams streams = new KafkaStreams(PeerTopology.build(arguments), PeerConfiguration.of(arguments));
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING) running.countDown();
          if (now == KafkaStreams.State.ERROR) failed.countDown();
        });
    streams.setUncaughtExceptionHandler(
        thrown -> {
          thrown.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Thread onSignal = new Thread(() -> stop(streams, arguments));
    Runtime.getRuntime().addShutdownHook(onSignal);
    streams.start();
    new Thread(() -> tellWhen(running), "ready").start();
    failed.await();
    Runtime.getRuntime().removeShutdownHook(onSignal);
    streams.close(CLOSE_TIMEOUT);
    System.exit(1);
  }

  private static void tellWhen(CountDownLatch running) {
    try {
      running.await();
      System.out.println("{\"ready\":true,\"pid\":" + ProcessHandle.current().pid() + "}");
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** The dump comes before the close: a closed store can't be read. */
  private static void stop(KafkaStreams streams, Arguments arguments) {
    try {
      if (arguments.dump().isPresent()) BalanceDump.write(streams, Path.of(arguments.dump().get()));
    } catch (IOException | RuntimeException thrown) {
      thrown.printStackTrace();
    }
    // Leaving the group lets the next start have its tasks at once, not after the session's timeout.
    streams.close(
        CloseOptions.timeout(CLOSE_TIMEOUT)
            .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
  }
}
