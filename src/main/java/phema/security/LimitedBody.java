package phema.security;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import phema.problem.Problem;
import phema.text.ByteSize;

/**
 * Wraps a request whose body may not say its length beforehand and ends in a {@link Problem} when it becomes too long.
 */
final class LimitedBody extends HttpServletRequestWrapper {
    private final ByteSize most;

    LimitedBody(HttpServletRequest request, ByteSize most) {
        super(request);
        this.most = most;
    }

    static String tooLarge(ByteSize most) {
        return "The body of a request may have " + most + " at most";
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        return new Counting(super.getInputStream(), most);
    }

    @Override
    public BufferedReader getReader() throws IOException {
        return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
    }

    private static final class Counting extends ServletInputStream {
        private final ServletInputStream in;
        private final ByteSize most;
        private long read;

        Counting(ServletInputStream in, ByteSize most) {
            this.in = in;
            this.most = most;
        }

        @Override
        public int read() throws IOException {
            int b = in.read();
            if (b >= 0) count(1);
            return b;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            int n = in.read(to, offset, length);
            if (n > 0) count(n);
            return n;
        }

        private void count(int n) {
            read += n;
            if (read > most.bytes()) throw Problem.tooLarge(tooLarge(most));
        }

        @Override
        public boolean isFinished() {
            return in.isFinished();
        }

        @Override
        public boolean isReady() {
            return in.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            in.setReadListener(listener);
        }
    }
}
