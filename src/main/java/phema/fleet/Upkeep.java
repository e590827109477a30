package phema.fleet;

/** Tidies the database, which all processes share: a chore that services without workers do as well. */
public interface Upkeep extends Chore {}
