package phema.http;

import org.apache.coyote.CloseNowException;

/**
 * Reports that a body failed after its beginning was sent. It must reach the servlet container, which then closes the
 * connection and, since it was meant to, logs nothing.
 */
final class BrokenOffException extends CloseNowException {
    private static final long serialVersionUID = 1L;

    BrokenOffException(String fileName, Throwable cause) {
        super(fileName + ": broken off while it was sent: " + cause.getMessage(), cause);
    }
}
