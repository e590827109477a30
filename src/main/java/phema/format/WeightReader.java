package phema.format;

import java.io.IOException;

/** Indexes files of one format. */
sealed interface WeightReader
        permits DcpReader,
                DeepSpeedReader,
                Edm2PickleReader,
                NumberedFiles,
                ShardIndexReader,
                SafetensorsPieces,
                SafetensorsReader,
                TorchLegacyReader,
                TorchZipReader {
    /**
     * Reads what it must to know where every tensor lies, and no elements. @throws FormatException when the file breaks
     * a rule of its format
     */
    WeightFile read(InputFile file) throws IOException;
}
