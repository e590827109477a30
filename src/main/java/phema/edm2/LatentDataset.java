package phema.edm2;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.random.RandomGenerator;
import phema.format.NumpyArchive;
import phema.format.NumpyArray;
import phema.tensor.Shape;

/**
 * Reads latents of an image encoder, an NPY array [C, H, W] each. Eight channels are taken for what EDM2 trains on:
 * mean and standard deviation of the four latents that the encoder of Stable Diffusion gives. They are drawn anew each
 * time that an image is seen, and brought to a mean of zero and a standard deviation of 0.5. Other arrays are taken as
 * they are.
 */
public final class LatentDataset implements Dataset {
    private static final int CHANNELS = LatentCoding.EDM2.scale().size();

    private final ImageFolder folder;
    private final Shape shape;

    LatentDataset(ImageFolder folder) throws IOException {
        this.folder = folder;
        shape = array(0).shape();
        if (shape.rank() != 3 || !shape.dims().get(1).equals(shape.dims().get(2)))
            throw folder.broken(0, "has the shape " + shape + "; latents are [C, H, W], as high as wide");
    }

    @Override
    public int size() {
        return folder.size();
    }

    @Override
    public int resolution() {
        return shape.dims().getLast().intValue();
    }

    @Override
    public int channels() {
        return areDistributions() ? CHANNELS : shape.dims().getFirst().intValue();
    }

    @Override
    public int classes() {
        return folder.classes();
    }

    @Override
    public String identity() {
        return folder.identity();
    }

    @Override
    public List<String> notices() {
        return folder.notices();
    }

    private boolean areDistributions() {
        return shape.dims().getFirst() == 2 * CHANNELS;
    }

    @Override
    public Example read(int index, RandomGenerator random) throws IOException {
        NumpyArray array = array(index);
        if (!array.shape().equals(shape))
            throw folder.broken(index, "has the shape " + array.shape() + "; the first one has " + shape);
        double[] stored = array.values();
        boolean drawn = areDistributions();
        int plane = resolution() * resolution();
        float[] latents = new float[channels() * plane];
        for (int i = 0; i < latents.length; i++) {
            latents[i] = (float)
                    (drawn
                            ? LatentCoding.EDM2.normalized(
                                    stored[i] + stored[latents.length + i] * random.nextGaussian(), i / plane)
                            : stored[i]);
            if (!Float.isFinite(latents[i])) throw folder.broken(index, "holds a value that is not finite");
        }
        return new Example(latents, folder.label(index));
    }

    private NumpyArray array(int index) throws IOException {
        try (InputStream in = folder.open(index)) {
            return NumpyArchive.array(in, problem -> folder.broken(index, problem));
        }
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
