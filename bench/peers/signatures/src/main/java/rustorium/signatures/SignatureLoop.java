package rustorium.signatures;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.goterl.lazysodium.LazySodiumJava;
import com.goterl.lazysodium.SodiumJava;
import java.security.Provider;
import java.security.Security;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.conscrypt.OpenSSLProvider;

/** Prints how long each candidate takes for one signature on one thread: the best of some rounds, in microseconds. */
public final class SignatureLoop {
  private static final int ROUNDS = 5;
  private static final int CHECKS = 5_000;

  private SignatureLoop() {}

  public static void main(String[] words) throws Exception {
    System.setProperty("com.amazon.corretto.crypto.provider.registerEdKeyFactory", "true");
    for (Map.Entry<String, Candidate> entry : candidates(Vectors.make()).entrySet())
      System.out.printf("%-44s %6.1f us%n", entry.getKey(), bestMicroseconds(entry.getValue()));
  }

  private static Map<String, Candidate> candidates(Vectors vectors) throws Exception {
    byte[][] keys = vectors.publicKeys();
    byte[][] messages = vectors.messages();
    byte[][] signatures = vectors.signatures();
    Map<String, Candidate> candidates = new LinkedHashMap<>();
    candidates.put(
        "BouncyCastle, Ed25519.verify",
        i -> Ed25519.verify(signatures[i], 0, keys[i], 0, messages[i], 0, messages[i].length));
    LazySodiumJava sodium = new LazySodiumJava(new SodiumJava());
    candidates.put(
        "lazysodium (libsodium by JNA)",
        i -> sodium.cryptoSignVerifyDetached(signatures[i], messages[i], messages[i].length, keys[i]));
    put(candidates, "Java's own SunEC", vectors, Security.getProvider("SunEC"));
    put(candidates, "Conscrypt", vectors, new OpenSSLProvider());
    put(candidates, "Amazon Corretto Crypto Provider", vectors, AmazonCorrettoCryptoProvider.INSTANCE);
    return candidates;
  }

  private static void put(Map<String, Candidate> to, String name, Vectors vectors, Provider provider)
      throws Exception {
    to.put(name, new ProviderCandidate(vectors, provider, false));
    to.put(name + ", keys kept", new ProviderCandidate(vectors, provider, true));
  }

  private static double bestMicroseconds(Candidate candidate) throws Exception {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      for (int check = 0; check < CHECKS; check++)
        if (!candidate.holds(check % Vectors.COUNT)) throw new IllegalStateException("a good signature was refused");
      best = Math.min(best, (System.nanoTime() - start) / 1e3 / CHECKS);
    }
    return best;
  }
}
