"""Other programs look at the real images: values of pydicom, pictures of dcmtk, stacks of dcm2niix."""
