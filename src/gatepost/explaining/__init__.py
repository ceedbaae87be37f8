"""`gatepost explain`: what each check would send, which rule is measured how, and what it takes."""
