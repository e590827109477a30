package phema.edm2;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import phema.problem.Problem;

/**
 * Lists sizes and rates of training by name (arXiv 2312.02696, Table 6).
 *
 * @param decay of the learning rate, in batches
 * @param ramp of the learning rate, in images
 */
public record Preset(
        int channels,
        List<Integer> multipliers,
        int blocks,
        int batch,
        double learningRate,
        double decay,
        long ramp,
        double pMean,
        double pStd) {
    /** The preset for small images on a CPU; not from the paper. */
    public static final Preset SMALL = new Preset(32, List.of(1, 2), 1, 64, 0.01, 0, 640, -0.8, 1.6);

    private static final Map<String, Preset> NAMED = new TreeMap<>();

    static {
        latents("xs", 128, 0.0120);
        latents("s", 192, 0.0100);
        latents("m", 256, 0.0090);
        latents("l", 320, 0.0080);
        latents("xl", 384, 0.0070);
        latents("xxl", 448, 0.0065);
        pixels("s", 192, 0.0100);
        pixels("m", 256, 0.0090);
        pixels("l", 320, 0.0080);
        pixels("xl", 384, 0.0070);
    }

    private static void latents(String size, int channels, double rate) {
        NAMED.put("edm2-img512-" + size, published(channels, rate, 70_000, -0.4, 1.0));
    }

    private static void pixels(String size, int channels, double rate) {
        NAMED.put("edm2-img64-" + size, published(channels, rate, 35_000, -0.8, 1.6));
    }

    private static Preset published(int channels, double rate, double decay, double pMean, double pStd) {
        return new Preset(channels, List.of(1, 2, 3, 4), 3, 2048, rate, decay, 10_000_000, pMean, pStd);
    }

    /** @throws Problem when there is no such preset */
    public static Preset named(String name) {
        Preset preset = NAMED.get(name.toLowerCase(Locale.ROOT));
        if (preset == null)
            throw Problem.invalid(
                    "preset", "there is no preset " + name + "; there are " + String.join(", ", NAMED.keySet()));
        return preset;
    }
}
