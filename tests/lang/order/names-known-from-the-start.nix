# `x` is mentioned by the file behind `derivation`, so it comes before all names of this file.
rec {
  a = x;
  x = [ 1 2 ];
  attrValues = builtins;
  b = attrNames;
  attrNames = [ 3 ];
  builtins = [ 4 ];
}
