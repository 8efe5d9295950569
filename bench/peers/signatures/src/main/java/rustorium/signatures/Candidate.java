package rustorium.signatures;

/** One way to check the signature at an index of the vectors. */
interface Candidate {
  boolean holds(int index) throws Exception;
}
