rec {
  function = { left ? right, ... }: 1;
  left = right;
  right = [ 1 2 ];
}
