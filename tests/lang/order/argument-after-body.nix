# The name of an argument becomes a symbol after the names in the body, and sets are evaluated in the
# order of symbols: the right attribute is met first, so it shares its list with the left one.
rec {
  function = left: right;
  left = right;
  right = [ 1 2 ];
}
