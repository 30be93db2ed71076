rec {
  success = version;
  version = [ 1 ];
  out = hash;
  hash = [ 2 ];
}
