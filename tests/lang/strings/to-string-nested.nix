toString { __toString = self: { __toString = _: "deep"; }; }
