package phema.edm2;

import java.util.random.RandomGenerator;

/**
 * Draws coloured discs, rings, squares and stripes (the four classes) of random size, place and colour: something to
 * train on within minutes. Images need no storage.
 */
public record ProceduralDataset(int size, int resolution, long seed) implements Dataset {
    private static final int CLASSES = 4;

    @Override
    public int channels() {
        return 3;
    }

    @Override
    public int classes() {
        return CLASSES;
    }

    @Override
    public String identity() {
        return "procedural, " + size + " images of " + resolution + "x" + resolution + " with seed " + seed;
    }

    @Override
    public Example read(int index, RandomGenerator unused) {
        RandomGenerator random = Randoms.of(seed, index);
        int label = random.nextInt(CLASSES);
        double centerX = random.nextDouble(0.3, 0.7) * resolution;
        double centerY = random.nextDouble(0.3, 0.7) * resolution;
        double radius = random.nextDouble(0.15, 0.35) * resolution;
        double angle = random.nextDouble(Math.PI);
        double[] front = color(random);
        double[] back = color(random);
        float[] pixels = new float[3 * resolution * resolution];
        for (int y = 0; y < resolution; y++) {
            for (int x = 0; x < resolution; x++) {
                double dx = x + 0.5 - centerX;
                double dy = y + 0.5 - centerY;
                double inside = switch (label) {
                    case 0 -> radius - Math.hypot(dx, dy);
                    case 1 -> radius / 3 - Math.abs(Math.hypot(dx, dy) - radius * 0.8);
                    case 2 -> radius * 0.85 - Math.max(Math.abs(dx), Math.abs(dy));
                    default -> radius * Math.sin((dx * Math.cos(angle) + dy * Math.sin(angle)) * Math.PI / radius);
                };
                // One pixel wide edges.
                double share = Math.clamp(inside + 0.5, 0, 1);
                for (int c = 0; c < 3; c++)
                    pixels[(c * resolution + y) * resolution + x] = (float) (back[c] + share * (front[c] - back[c]));
            }
        }
        return new Example(pixels, label);
    }

    private static double[] color(RandomGenerator random) {
        return new double[] {random.nextDouble(-1, 1), random.nextDouble(-1, 1), random.nextDouble(-1, 1)};
    }

    @Override
    public void close() {}
}
