package rustorium.peer;

/** An expected refusal, with the ledger's code. It has no stack trace: it is an answer, not a fault. */
final class Refused extends Exception {
  private static final long serialVersionUID = 1L;

  Refused(String code) {
    super(code, null, false, false);
  }

  String code() {
    return getMessage();
  }
}
