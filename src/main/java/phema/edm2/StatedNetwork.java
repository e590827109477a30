package phema.edm2;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import phema.format.FormatException;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.format.WeightFile;

/** Compares what a weight file says of its network with the network that is about to be run. */
final class StatedNetwork {
    private static final Set<String> CLASSES = Set.of("Precond", "UNet", "Block", "MPConv", "MPFourier");

    /** The arguments that show in tensors or are {@link NetworkSetting}s, and those of precision. */
    private static final Set<String> ARGUMENTS = Set.of(
            "img_resolution",
            "img_channels",
            "label_dim",
            "use_fp16",
            "logvar_channels",
            "model_channels",
            "channel_mult",
            "channel_mult_noise",
            "channel_mult_emb",
            "num_blocks",
            "attn_resolutions",
            "in_channels",
            "out_channels",
            "emb_channels",
            "flavor",
            "resample_mode",
            "attention",
            "kernel",
            "num_channels",
            "bandwidth");

    private StatedNetwork() {}

    /** @throws FormatException where they are not the same */
    static void requireRunnable(WeightFile file, NetworkSpec spec) throws FormatException {
        requireKnown(file, NetworkSettings.CLASSES, CLASSES, "has modules of the classes ");
        requireKnown(file, NetworkSettings.ARGUMENTS, ARGUMENTS, "was made with the arguments ");
        requireEqual(file, "img_resolution", spec.resolution());
        requireEqual(file, "img_channels", spec.channels());
        requireEqual(file, "label_dim", spec.classes());
    }

    private static void requireKnown(WeightFile file, String key, Set<String> known, String what)
            throws FormatException {
        String unknown = Arrays.stream(file.metadata().getOrDefault(key, "").split(", "))
                .filter(name -> !name.isEmpty() && !known.contains(name) && !isSetting(name))
                .collect(Collectors.joining(", "));
        if (!unknown.isEmpty())
            throw new FormatException(
                    file.path(),
                    "is not EDM2's network, the only one that can be run here: it " + what + unknown
                            + " (its weights can be averaged all the same)");
    }

    private static boolean isSetting(String name) {
        return Arrays.stream(NetworkSetting.values())
                .anyMatch(setting -> setting.key().equals(name));
    }

    private static void requireEqual(WeightFile file, String key, int ofTensors) throws FormatException {
        String stated = file.metadata().get(key);
        if (stated != null && !stated.equals(String.valueOf(ofTensors)))
            throw new FormatException(
                    file.path(), "states " + key + " " + stated + ", but its tensors are of a network of " + ofTensors);
    }
}
