"""The sentence encoder both processes use: exported once by the desk, run by onnxruntime in both."""
