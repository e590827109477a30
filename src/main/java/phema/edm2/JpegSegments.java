package phema.edm2;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import phema.format.FormatException;
import phema.format.NumpyArray;

/** Looks through the segments of a JPEG file, up to the image's data (ITU-T T.81, Annex B). */
final class JpegSegments {
    private static final int START = 0xd8;
    private static final int END = 0xd9;
    private static final int SCAN = 0xda;
    private static final int APPLICATION_2 = 0xe2;
    private static final byte[] PROFILE = "ICC_PROFILE\0".getBytes(StandardCharsets.US_ASCII);

    private JpegSegments() {}

    static boolean isJpeg(byte[] content) {
        return content.length > 3 && at(content, 0) == 0xff && at(content, 1) == START && at(content, 2) == 0xff;
    }

    /**
     * The same image without a profile of its colours, which Java would apply.
     *
     * @param problem makes the error for a sentence without subject
     * @throws FormatException when it is not grey, YCbCr or RGB of 8 bits
     */
    static byte[] withoutProfile(byte[] content, NumpyArray.ProblemFactory problem) throws FormatException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(content.length);
        kept.write(content, 0, 2);
        int position = 2;
        while (position + 4 <= content.length) {
            int marker = at(content, position + 1);
            if (at(content, position) != 0xff) throw problem.of("is a damaged JPEG image");
            if (marker == 0xff) { // padding
                position++;
                continue;
            }
            if (marker == SCAN || marker == END) break;
            int end = position + 2 + (at(content, position + 2) << 8 | at(content, position + 3));
            if (end > content.length) break;
            if (isFrame(marker)) requireReadable(content, position + 4, problem);
            boolean profile = marker == APPLICATION_2
                    && end - position >= 4 + PROFILE.length
                    && Arrays.equals(content, position + 4, position + 4 + PROFILE.length, PROFILE, 0, PROFILE.length);
            if (!profile) kept.write(content, position, end - position);
            position = end;
        }
        kept.write(content, position, content.length - position);
        return kept.toByteArray();
    }

    /** SOF0 to SOF15, between which lie three other markers. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    /** @param at where precision, height, width and the number of components begin */
    private static void requireReadable(byte[] content, int at, NumpyArray.ProblemFactory problem)
            throws FormatException {
        if (at + 6 > content.length) return;
        int bits = at(content, at);
        int components = at(content, at + 5);
        if (bits != Byte.SIZE) throw problem.of("is a JPEG image of " + bits + " bits per value; save it with 8");
        if (components == 4)
            throw problem.of("is a JPEG image in CMYK or YCCK, which every reader turns into other colours; save it as "
                    + "RGB");
        if (components != 1 && components != 3)
            throw problem.of("is a JPEG image of " + components + " components; grey and RGB can be read");
    }

    private static int at(byte[] content, int index) {
        return Byte.toUnsignedInt(content[index]);
    }
}
