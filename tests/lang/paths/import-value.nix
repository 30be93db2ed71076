[ (import ./data/value.nix) (import (toString ./data/value.nix)) ]
