package phema.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads and lays out weight files of every known format. */
public final class WeightFiles {
    /** The key in the metadata of outputs for the average that they are, as text. */
    public static final String PROFILE = "phema.profile";

    /** The word for the weights in single precision that optimizers of Megatron keep. */
    public static final String MASTERS = "optimizer.fp32";

    /** The word for the weights of the model where its optimizer keeps others. */
    static final String MODEL = "model";

    /** The bytes that {@code torch.save} began with before PyTorch 1.6: a pickle of a magic number. */
    private static final byte[] LEGACY_TORCH = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

    /** The names of what ranks save by themselves: {@code model_rank0.bin}, {@code consolidated.00.pth}. */
    private static final Pattern OF_RANK =
            Pattern.compile("(.*[-_.]rank[-_]?|rank[-_]?|consolidated\\.)(\\d{1,6})(.*\\.(?:bin|pt|pth|ckpt))");

    private WeightFiles() {}

    /**
     * Indexes a weight file, whose format its content tells. Reads only what is needed to know where the tensors lie.
     *
     * @param path a safetensors file, an EDM2 network snapshot, a torch checkpoint, the {@code *.index.json} of several
     *     files of these, or the {@code .metadata} of a distributed checkpoint
     * @throws FormatException when it is none of these, breaks a rule of its format, or is not a regular file
     */
    public static WeightFile read(Path path) throws IOException {
        return read(path, Optional.empty(), anywhere -> true);
    }

    /**
     * Reads as {@link #read(Path)} does, of files that lie where they may, and with less work where the file is
     * structured like another.
     *
     * @param similar one that was read before and that this one may be like, such as another snapshot of its run; it
     *     changes nothing in what is found
     * @param mayRead asked with the real path of each file, before it is opened
     */
    public static WeightFile read(Path path, Optional<WeightFile> similar, Predicate<Path> mayRead) throws IOException {
        requireEntry(path, mayRead);
        try (InputFile file = InputFile.open(path, mayRead)) {
            return reader(file, similar).read(file);
        }
    }

    /**
     * Reads as {@link #read(Path)} does, but instead of a model's weights those in single precision that its optimizer
     * trains, under the model's names; what has none is as in the model.
     *
     * @param path the {@code .metadata} of a distributed checkpoint
     * @throws FormatException when it has no such weights, or as {@link #read} does
     */
    public static WeightFile readMasters(Path path, Predicate<Path> mayRead) throws IOException {
        requireEntry(path, mayRead);
        try (InputFile file = InputFile.open(path, mayRead)) {
            requireContent(file);
            if (!isDcp(path))
                throw file.broken(
                        "holds no " + MASTERS + ": the weights that an optimizer keeps in single precision are"
                                + " read of checkpoints of torch.distributed.checkpoint, as Megatron writes them");
            return new DcpReader(true).read(file);
        }
    }

    /** Whether a file was read that has {@link #MASTERS} as well, and these were not. */
    public static boolean haveMasters(WeightFile file) {
        return MODEL.equals(file.metadata().get(DcpReader.GROUP));
    }

    /** Whether a file was read by {@link #readMasters}. */
    public static boolean areMasters(WeightFile file) {
        return MASTERS.equals(file.metadata().get(DcpReader.GROUP));
    }

    /** The networks that a file holds beside the one that was read, and outputs hold as they are; empty where none. */
    public static Optional<String> otherNetworks(WeightFile file) {
        return Optional.ofNullable(file.metadata().get(Edm2PickleReader.OTHERS)).filter(names -> !names.isEmpty());
    }

    /** Whether a file says that phema made it of others, as one of safetensors can. */
    public static boolean isSynthesis(WeightFile file) {
        return file.metadata().containsKey(PROFILE);
    }

    /** Arrays of NumPy in a file of torch that seem to be weights and are not read, named; empty where none are. */
    public static Optional<String> numpyArrays(WeightFile file) {
        return Optional.of(file)
                .filter(one -> one.format() == Format.TORCH_ZIP)
                .map(one -> one.metadata().get(TorchTree.ARRAYS));
    }

    /** Says of the file that stands for a checkpoint of several what may be the matter where it is not there. */
    private static void requireEntry(Path path, Predicate<Path> mayRead) throws IOException {
        if (Files.exists(path)) return;
        if (isDcp(path)) throw DcpReader.missing(path, InputFile.siblings(path, mayRead));
        NumberedFiles.requireFirst(path, InputFile.siblings(path, mayRead));
    }

    /** Whether other files of a checkpoint lie where the one that stands for it is missing. */
    public static boolean isMissing(Path path, Predicate<Path> mayRead) throws IOException {
        try {
            requireEntry(path, mayRead);
            return false;
        } catch (FormatException e) {
            return e.isIncomplete();
        }
    }

    private static boolean isNamed(Path path, String name) {
        return name.equals(String.valueOf(path.getFileName()));
    }

    /**
     * Reads what stands in and around a weight file, for outputs that are to be like it.
     *
     * @param weights the file as it was read
     * @param mayRead as for {@link #read(Path, Optional, Predicate)}
     * @return empty for files that are copied but for their weights anyway
     * @throws FormatException when it is no weight file, or cannot be copied
     */
    public static Optional<OriginalFile> original(WeightFile weights, Predicate<Path> mayRead) throws IOException {
        try (InputFile file = InputFile.open(weights.path(), mayRead)) {
            return switch (reader(file, Optional.empty())) {
                case TorchZipReader zip -> Optional.of(TorchZipReader.original(file));
                case TorchLegacyReader legacy -> Optional.of(TorchLegacyReader.original(file));
                case SafetensorsReader safetensors -> Optional.of(new SafetensorsOriginal(safetensors.read(file)));
                case ShardIndexReader index -> Optional.of(ofShards(file, index.read(file)));
                case Edm2PickleReader pickle -> Optional.empty();
                case SafetensorsPieces whole ->
                    Optional.of(whole.read(file))
                            .filter(read -> read.parts().size() == 1) // not what many files hold in pieces
                            .map(SafetensorsOriginal::new);
                case DcpReader dcp -> Optional.of(DcpReader.original(file, areMasters(weights)));
                case DeepSpeedReader deepspeed -> Optional.empty();
                case NumberedFiles numbered -> Optional.of(ofShards(file, numbered.read(file)));
            };
        }
    }

    private static OriginalFile ofShards(InputFile entry, WeightFile read) throws IOException {
        return read.format() == Format.SAFETENSORS ? new SafetensorsOriginal(read) : TorchShards.of(entry, read);
    }

    /**
     * Reads all of a weight file once, and compares what can be compared. What is wrong with it is in the answer.
     *
     * @param progress told of bytes as they are read
     * @throws FormatException when there is no regular file
     */
    public static Verification verify(Path path, LongConsumer progress) throws IOException {
        return Verifier.verify(path, progress);
    }

    public static WeightWriter writer(Format format) {
        return switch (format) {
            case SAFETENSORS -> new SafetensorsWriter();
            case EDM2_PICKLE -> new Edm2PickleWriter();
            case TORCH_ZIP -> new TorchZipWriter();
            case DCP -> new DcpWriter();
        };
    }

    /** What stands where a weight file should be when something went wrong on the way. */
    private static void requireContent(InputFile file) throws IOException {
        byte[] begin = new byte[(int) Math.min(64, file.size())];
        file.read(0, begin);
        String text = new String(begin, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs"))
            throw file.broken("is a pointer of Git LFS, not the file itself; fetch that with `git lfs pull`");
        if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml"))
            throw file.broken(
                    "is a web page, not a weight file: something answered a download with it; download it again");
    }

    private static boolean isDcp(Path path) {
        return isNamed(path, DcpReader.METADATA)
                || DcpReader.RANK_METADATA
                        .matcher(String.valueOf(path.getFileName()))
                        .matches();
    }

    /** Whether space is there and nothing in it yet. */
    private static boolean isZero(byte[] head) {
        for (byte b : head) if (b != 0) return false;
        return true;
    }

    /** What each rank saved of its own part, in files of torch, only the job's own code can put together. */
    private static void requireWhole(InputFile file) throws IOException {
        String own = String.valueOf(file.path().getFileName());
        Matcher rank = OF_RANK.matcher(own);
        if (!rank.matches()) return;
        for (String name : file.siblings()) {
            Matcher other = OF_RANK.matcher(name);
            if (other.matches()
                    && other.group(1).equals(rank.group(1))
                    && other.group(3).equals(rank.group(3))
                    && !other.group(2).equals(rank.group(2)))
                throw file.broken("is of one rank, as is " + Pickle.shown(name) + " beside it: what each has saved of"
                        + " its own part only the job's code can put together; convert the checkpoint with the"
                        + " trainer's own tools, or save it whole or with torch.distributed.checkpoint");
        }
    }

    /** The reader of a file that an index lists, which is of a format that nothing else stands beside. */
    static WeightReader shardReader(InputFile file) throws IOException {
        if (file.size() == 0) throw file.incomplete("is empty");
        byte[] head = head(file);
        if (isZip(head)) return new TorchZipReader();
        return Arrays.equals(head, LEGACY_TORCH) ? new TorchLegacyReader() : new SafetensorsReader(Optional.empty());
    }

    private static byte[] head(InputFile file) throws IOException {
        byte[] head = new byte[(int) Math.min(LEGACY_TORCH.length, file.size())];
        file.read(0, head);
        return head;
    }

    private static boolean isZip(byte[] head) {
        return head.length > 3 && head[0] == 'P' && head[1] == 'K' && head[2] == 3 && head[3] == 4;
    }

    private static WeightReader reader(InputFile file, Optional<WeightFile> similar) throws IOException {
        if (file.size() == 0) throw file.incomplete("is empty");
        byte[] head = head(file);
        boolean pickle = head.length > 1 && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5;
        boolean zip = isZip(head);
        boolean headerFollows = head.length > 8 && head[8] == '{';
        if (headerFollows && head[7] == 0) return NumberedFiles.of(file, new SafetensorsPieces(similar));
        if (zip && file.path().toString().endsWith(".distcp"))
            throw file.broken("is one of the files of a distributed checkpoint; name the .metadata beside it");
        if (zip
                && DeepSpeedReader.MODEL_STATES
                        .matcher(String.valueOf(file.path().getFileName()))
                        .matches()) return new DeepSpeedReader();
        if (zip || Arrays.equals(head, LEGACY_TORCH)) {
            requireWhole(file);
            return NumberedFiles.of(file, zip ? new TorchZipReader() : new TorchLegacyReader());
        }
        if (pickle && isDcp(file.path())) return new DcpReader();
        if (pickle) return new Edm2PickleReader();
        if (isZero(head)) throw file.incomplete("begins with zeros where the head of a weight file belongs");
        requireContent(file);
        if (head[0] == '{') return new ShardIndexReader();
        if (file.path().toString().endsWith(".safetensors"))
            return NumberedFiles.of(file, new SafetensorsPieces(similar));
        throw file.broken("is neither safetensors (or its *.index.json) nor an EDM2 pickle nor a torch checkpoint"
                + " (or the .metadata of a distributed one)");
    }
}
