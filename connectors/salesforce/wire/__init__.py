"""HTTP to one org: logged in, timed, counted, retried where that is safe."""
