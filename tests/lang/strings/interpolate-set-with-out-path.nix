"${{ outPath = "/nix/store/x"; }}"
