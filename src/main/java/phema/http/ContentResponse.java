package phema.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.synthesis.Content;

/**
 * Answers GET and HEAD with a {@link Content} or ranges of it, as RFC 9110 says. It stands in for Spring's own range
 * support, which answers a mismatched {@code If-Range} with 206, sends the whole body after a 416, and ignores
 * {@code If-Match}.
 *
 * <p>A body is either complete or visibly cut: when the content fails before anything was sent, the answer becomes a
 * problem; after that, {@link BrokenOffException} makes the server close the connection.
 */
public final class ContentResponse {
    private static final Logger log = LoggerFactory.getLogger(ContentResponse.class);

    private ContentResponse() {}

    public static void send(Content content, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        send(content, "application/octet-stream", request, response);
    }

    /** @param type the content's media type */
    public static void send(Content content, String type, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        EntityTag tag = EntityTag.strong(content.identity());
        response.setHeader("ETag", tag.toString());
        response.setHeader("Accept-Ranges", "bytes");
        // The same address may give other bytes once a snapshot is added: caches may keep them but must ask.
        response.setHeader("Cache-Control", "no-cache");
        switch (Precondition.evaluate(request, tag)) {
            case NOT_MODIFIED -> response.setStatus(304);
            case FAILED ->
                throw new ErrorResponseException(
                        HttpStatus.PRECONDITION_FAILED,
                        ProblemDetail.forStatusAndDetail(
                                HttpStatus.PRECONDITION_FAILED,
                                "If-Match names another version; the current one is " + tag + "."),
                        null);
            case MET -> sendRanges(content, type, requestedRanges(content, tag, request), request, response);
        }
    }

    /** Empty for the whole content. Ranges are defined for GET alone (section 14.2). */
    private static Optional<List<ByteRange>> requestedRanges(
            Content content, EntityTag tag, HttpServletRequest request) {
        String range = request.getHeader("Range");
        if (range == null || !request.getMethod().equals("GET") || !Precondition.allowsRange(request, tag))
            return Optional.empty();
        return ByteRange.parse(range, content.size());
    }

    private static void sendRanges(
            Content content,
            String type,
            Optional<List<ByteRange>> requested,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        List<ByteRange> ranges = requested.orElse(List.of(new ByteRange(0, content.size() - 1)));
        if (ranges.isEmpty()) throw outside(content.size());
        response.setStatus(requested.isPresent() ? 206 : 200);
        response.setHeader("Content-Disposition", attachment(content.fileName()));
        List<Piece> pieces;
        if (ranges.size() > 1) {
            String boundary = UUID.randomUUID().toString();
            response.setContentType("multipart/byteranges; boundary=" + boundary);
            pieces = multipart(ranges, content.size(), type, boundary);
        } else {
            ByteRange range = ranges.getFirst();
            if (requested.isPresent()) response.setHeader("Content-Range", range.contentRange(content.size()));
            response.setContentType(type);
            pieces = List.of(new Piece("", range));
        }
        response.setContentLengthLong(pieces.stream().mapToLong(Piece::length).sum());
        if (request.getMethod().equals("GET")) sendBody(content, pieces, response);
    }

    /** Section 15.5.17. */
    private static ErrorResponseException outside(long size) {
        HttpStatus status = HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE;
        var problem = new ErrorResponseException(
                status,
                ProblemDetail.forStatusAndDetail(
                        status, "Range lies outside of the file, which has " + size + " bytes."),
                null);
        problem.getHeaders().set("Content-Range", "bytes */" + size);
        return problem;
    }

    /** Text, then a range of the content. */
    private record Piece(String text, ByteRange range) {
        long length() {
            return text.length() + range.length();
        }
    }

    /** Section 14.6; a single part is never sent this way. */
    private static List<Piece> multipart(List<ByteRange> ranges, long size, String type, String boundary) {
        List<Piece> pieces = new ArrayList<>();
        for (ByteRange range : ranges) {
            String head = "\r\n--" + boundary + "\r\nContent-Type: " + type + "\r\nContent-Range: "
                    + range.contentRange(size) + "\r\n\r\n";
            pieces.add(new Piece(head, range));
        }
        pieces.add(new Piece("\r\n--" + boundary + "--\r\n", new ByteRange(0, -1)));
        return pieces;
    }

    private static void sendBody(Content content, List<Piece> pieces, HttpServletResponse response) throws IOException {
        ResponseChannel channel = new ResponseChannel(response.getOutputStream());
        try {
            for (Piece piece : pieces) {
                channel.write(US_ASCII.encode(piece.text));
                if (piece.range.length() > 0) sendRange(content, piece.range, channel);
            }
        } catch (IOException | RuntimeException | Error e) {
            if (channel.clientIsGone()) {
                log.debug("{}: the client went away", content.fileName(), e);
                return;
            }
            if (response.isCommitted()) {
                BrokenOffException cut = new BrokenOffException(content.fileName(), e);
                if (e instanceof Problem || e instanceof FormatException) log.warn("{}", cut.getMessage());
                else log.error("{}", cut.getMessage(), e);
                throw cut;
            }
            response.reset();
            throw e;
        }
    }

    private static void sendRange(Content content, ByteRange range, ResponseChannel channel) throws IOException {
        long end = channel.written() + range.length();
        content.transferTo(channel, range.first(), range.length());
        if (channel.written() != end)
            throw new IllegalStateException(content.fileName() + ": wrote " + (channel.written() - end)
                    + " bytes beside the " + range.length() + " of its range");
    }

    private static String attachment(String fileName) {
        ContentDisposition.Builder builder = ContentDisposition.attachment();
        return (US_ASCII.newEncoder().canEncode(fileName)
                        ? builder.filename(fileName)
                        : builder.filename(fileName, UTF_8))
                .build()
                .toString();
    }
}
