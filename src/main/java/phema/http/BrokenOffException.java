package phema.http;

import java.io.IOException;

/**
 * Reports that a body failed after its beginning was sent. It must reach the servlet container, which then closes the
 * connection.
 */
final class BrokenOffException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenOffException(String fileName, Throwable cause) {
        super(fileName + ": broken off while it was sent: " + cause.getMessage(), cause);
    }
}
