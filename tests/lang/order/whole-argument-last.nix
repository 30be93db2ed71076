rec {
  function = whole@{ part, ... }: right;
  whole = right;
  part = whole;
  right = [ 1 2 ];
}
