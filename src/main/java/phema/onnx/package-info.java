/**
 * ONNX graphs: sessions of ONNX Runtime, their inputs and outputs, and where they compute. Knows nothing of what a
 * graph is for.
 *
 * <ol>
 *   <li>{@link phema.onnx.OnnxGraph}: a graph that can be run, by many threads at once.
 *   <li>{@link phema.onnx.GraphBuilder}: a graph that is made here, with its weights.
 *   <li>{@link phema.onnx.OnnxDevice}: where this process runs graphs, and why.
 *   <li>{@link phema.onnx.OnnxPort}: what it takes and makes, as tensors of a type and a shape.
 *   <li>{@link phema.onnx.TensorBuffer}: the values of one.
 *   <li>{@link phema.onnx.OnnxException}: what the runtime could not do, in one line.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"format", "storage", "tensor"})
@NullMarked
package phema.onnx;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
