"""Every loop over bytes or rows: numba kernels that release the GIL and are cached on disk."""
