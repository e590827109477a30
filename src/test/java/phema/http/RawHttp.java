package phema.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Locale;

/** What really comes over the wire, which HTTP clients hide: every byte until the server closes the connection. */
public record RawHttp(String head, byte[] body) {
    public static RawHttp exchange(int port, String requestLine, String... headers) throws IOException {
        return exchangeWithBody(port, requestLine, "", headers);
    }

    /** @param headers with those that say where the body ends */
    static RawHttp exchangeWithBody(int port, String requestLine, String body, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            send(socket, requestLine, headers);
            socket.getOutputStream().write(body.getBytes(ISO_8859_1));
            byte[] all = readToEnd(socket.getInputStream());
            String text = new String(all, ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            return new RawHttp(text.substring(0, end), text.substring(end + 4).getBytes(ISO_8859_1));
        }
    }

    public static void send(Socket socket, String requestLine, String... headers) throws IOException {
        String request = requestLine + " HTTP/1.1\r\nHost: localhost\r\n" + String.join("\r\n", headers)
                + (headers.length == 0 ? "" : "\r\n") + "\r\n";
        socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    }

    private static byte[] readToEnd(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[64 * 1024];
        try {
            for (int n; (n = in.read(buffer)) >= 0; ) all.write(buffer, 0, n);
        } catch (SocketException reset) {
            // a cut connection may show as a reset as well as an end
        }
        return all.toByteArray();
    }

    public String statusLine() {
        return head.lines().findFirst().orElseThrow();
    }

    public boolean hasHeader(String line) {
        return head.toLowerCase(Locale.ROOT).lines().anyMatch(line.toLowerCase(Locale.ROOT)::equals);
    }
}
