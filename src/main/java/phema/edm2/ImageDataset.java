package phema.edm2;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.random.RandomGenerator;

/** Reads square PNG and JPEG images of one size, grey or RGB. Black is -1, white 1. */
final class ImageDataset implements Dataset {
    private final ImageFolder folder;
    private final int resolution;
    private final int channels;

    ImageDataset(ImageFolder folder) throws IOException {
        this.folder = folder;
        StoredImage first = image(0);
        if (first.width() != first.height()) throw folder.broken(0, "is " + first.size() + "; images must be square");
        resolution = first.width();
        channels = first.channels();
    }

    @Override
    public int size() {
        return folder.size();
    }

    @Override
    public int resolution() {
        return resolution;
    }

    @Override
    public int channels() {
        return channels;
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

    @Override
    public Example read(int index, RandomGenerator random) throws IOException {
        StoredImage image = image(index);
        if (image.width() != resolution || image.height() != resolution)
            throw folder.broken(index, "is " + image.size() + "; the first image is " + resolution + "x" + resolution);
        if (channels < image.channels()) throw folder.broken(index, "has colours; the first image is grey");
        return new Example(image.pixels(channels), folder.label(index));
    }

    private StoredImage image(int index) throws IOException {
        try (InputStream in = folder.open(index)) {
            return StoredImage.decode(in.readAllBytes(), problem -> folder.broken(index, problem));
        }
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
