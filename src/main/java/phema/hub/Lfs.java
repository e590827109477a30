package phema.hub;

/**
 * Holds what the hub tells of a file that git keeps elsewhere.
 *
 * @param oid SHA-256 of the content; clients read it as {@code oid} from trees and as {@code sha256} from model info
 * @param pointerSize of the text that git keeps in its place
 */
record Lfs(String oid, String sha256, long size, int pointerSize) {
    static Lfs of(String sha256, long size) {
        return new Lfs(sha256, sha256, size, pointer(sha256, size).length());
    }

    /** The text that git keeps (Git LFS specification, "The Pointer"). */
    static String pointer(String sha256, long size) {
        return "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256 + "\nsize " + size + "\n";
    }
}
