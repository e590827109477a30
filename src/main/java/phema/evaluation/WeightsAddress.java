package phema.evaluation;

/**
 * Says where a service gives a weight file.
 *
 * @param path with the query, below the service's address
 * @param identity of the file, as {@link phema.synthesis.Content#identity}
 */
public record WeightsAddress(String path, String identity) {}
