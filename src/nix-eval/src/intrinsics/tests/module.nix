{ lib, more, ... }:
{
  applied = lib.mkBefore [ more ];
}
