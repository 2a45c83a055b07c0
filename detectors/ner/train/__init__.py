"""The workshop of the embedded model: `python -m detectors.ner.train --data CORPORA --encoder FOLDER`.

corpora + generated sentences -> pieces and features (detectors.ner.embedded.features) -> Tagger -> ONNX int8 folder.
Needs the `train` extra; nothing here is imported by what serves.
"""
