"""Cases: CSV files, lists and folder layouts."""
import collections
import os
import shutil

from run import Case

own = "prepare --dataset manifest --manifest m.csv --size 64 --out {out}/p.safetensors"
patients = own + " --split patient"
nih = "prepare --dataset nih --size 64 --out {out}/p.safetensors"


def same(what, found, right):
    """None where equal."""
    return None if found == right else f"{what}: {found}, expected {right}"


def labels(*columns):
    """The labels of each class, image by image."""

    def check(run):
        prepared = run.prepared()
        count, flat = prepared.shape("labels")[1], prepared.tensor("labels")
        return same("labels", [flat[c::count] for c in range(count)], [tuple(column) for column in columns])

    return check


def patient_sizes(*sizes):
    """Number of images of each patient, in patient order."""

    def check(run):
        counts = collections.Counter(run.prepared().tensor("patient"))
        return same("images per patient", tuple(counts[k] for k in sorted(counts)), sizes)

    return check


def splits(*names):
    order = {"train": 0, "validation": 1, "test": 2}

    def check(run):
        return same("splits", run.prepared().tensor("split"), tuple(order[name] for name in names))

    return check


def all_of(*checks):
    return lambda run: next((fault for fault in (check(run) for check in checks) if fault), None)


def all_decodable(run):
    """All text in the file is UTF-8, its header is JSON, and inspect reads it."""
    prepared = run.prepared()
    for name in ("ids", "patient_ids"):
        bytes(prepared.tensor(name)).decode("utf-8")
    prepared.provenance()
    status, output = run.also("inspect {out}/p.safetensors")
    return None if status == 0 else f"inspect: {output}"


def images(count):
    return lambda run: same("images", run.prepared().shape("images")[0], count)


def own_copy(name):
    """A setup that copies the folder to one of that name (bytes), recreating the links in l/."""

    def setup(run):
        target = os.path.join(os.fsencode(run.out), name)
        shutil.copytree(os.fsencode(run.folder), target)
        os.makedirs(os.path.join(target, b"l"), exist_ok=True)
        for image in (b"0.png", b"1.png"):
            link = os.path.join(target, b"l", image)
            if os.path.lexists(link):
                os.chmod(os.path.dirname(link), 0o755)
                os.remove(link)
            os.symlink(os.path.join(target, image), link)
        os.chmod(target, 0o755)
        os.symlink(b"/nonexistent/x.png", os.path.join(target, b"x.png"))

    return setup


def in_copy(name):
    """The command for such a copy."""
    return patients.replace("m.csv", "{out}/" + name + "/m.csv")


two = (0, 1, 0, 1, 0, 1, 0, 1), (0, 0, 1, 1, 0, 0, 1, 1)  # Pneumonia and Effusion of the plain tables
effusion = (0, 0, 1, 1, 0, 0, 1, 1)

text = [
    Case("c01-cr-only", patients, check=all_of(labels(*two), patient_sizes(2, 2, 2, 2))),
    Case("c02-comment-line", patients, says=(r"1 comment line",), check=labels(*two)),
    Case("c02-utf16", patients, says=(r"is UTF-16, read as such",), check=labels(*two)),
    Case("c02-latin1-header", patients, 2, (r"m\.csv, row 1: byte 28 \(\"\\xDF\"\) is not UTF-8.*iconv",)),
    Case("c02-latin1-ids", own, 2, (r"m\.csv, row 2: byte 3 \(\"\\xE9\"\) is not UTF-8",)),
    Case("c26-json", patients, 2, (r"m\.csv: is JSON, expected a CSV table",)),
]

words = [
    Case("c23-label-NA", patients, says=(r'"NA" as unknown \(2\)',),
         check=labels((1, 0, -1, 1, 0, -1, 1, 0), effusion)),
    Case("c23-label-nan", patients, says=(r'"nan" as unknown \(2\)',),
         check=labels((1, 0, -1, 1, 0, -1, 1, 0), effusion)),
    Case("c23-label-True", patients, says=(r'"False" as absent \(3\)', r'"True" as present \(5\)'),
         check=labels((1, 0, 1, 1, 0, 1, 1, 0), effusion)),
    Case("c23-label-positive", patients, says=(r'"negative" as absent', r'"positive" as present'),
         check=labels((1, 0, 1, 1, 0, 1, 1, 0), effusion)),
    Case("c23-label-u", patients, says=(r'"u" as unknown \(3\)',),
         check=labels((-1, 0, 1, -1, 0, 1, -1, 0), effusion)),
    Case("c23-label-minus-unicode", patients, says=("as unknown \\(3\\)",),
         check=labels((-1, 0, 1, -1, 0, 1, -1, 0), effusion)),
    Case("c23-label-blank-all", patients, says=(r'column "Pneumonia": is blank in every row',), check=labels(effusion)),
    Case("c23-label-blank-all", patients + " --labels Pneumonia,Effusion", says=(r"\(blank\) as unknown \(8\)",),
         check=labels((-1,) * 8, effusion), name="c23-label-blank-named"),
]

people = [
    Case("c25-Patient-text", patients, says=(r'using column "Patient" as the patient',),
         check=patient_sizes(2, 2, 2, 2)),
    Case("c25-PatientID-text", patients, says=(r'Patients +4, by column "PatientID"',),
         check=patient_sizes(2, 2, 2, 2)),
    Case("c25-patientId-text", patients, says=(r'Patients +4, by column "patientId"',),
         check=patient_sizes(2, 2, 2, 2)),
    Case("c17-chexpert-with-labels", patients,
         says=(r"taking the patient from the folder in every path \(patient00001", r"sex female +\| +6", r"view lateral +\| +3",
               r'"-1\.0" as unknown', r"\(blank\) as unknown"),
         check=patient_sizes(2, 2, 2, 2)),
    Case("c21-nan-patient", patients, 2, (r'm\.csv, row 2: column "patient" holds "nan"',)),
    Case("c25-Split-upper", patients, says=(r'by column "Split"',),
         check=lambda run: same("tests", run.prepared().tensor("split")[6:], (2, 2))),
    Case("c30-split-TRAIN-DEV-TEST", patients,
         check=splits("train", "validation", "test", "train", "validation", "test", "train", "validation")),
    Case("c30-split-training-validation-testing", patients,
         check=splits("train", "validation", "test", "train", "validation", "test", "train", "validation")),
    Case("c30-split-train-blank-test", patients, 2, (r'm\.csv, row 3: column "split" is empty',)),
    Case("c01-cr-only", own, says=(r"no column split: split by patient",), name="c01-without-split"),
]

files = [
    Case("c25-mask-column-label", patients, 2,
         (r"8 of 8 masks are missing.*tried /.*/c25-mask-column-label/0", r'column "mask_present" holds "0"',
          r"--labels")),
    Case("c25-mask-column-label", patients + " --labels Pneumonia,mask_present",
         check=labels((0, 1, 0, 1, 0, 1, 0, 1), (0, 0, 0, 0, 1, 1, 1, 1)), name="c25-mask-column-named"),
    Case("c20-broken-symlink", in_copy("own"), 2, (r"1 of 2 images are missing.*tried /.*/x\.png \(a dangling link\)",),
         setup=own_copy(b"own")),
    Case("c20-dots", patients, check=images(2)),
    Case("c20-folder", patients, 2, (r"1 of 2 images are missing, first f; tried /.*/c20-folder/f \(",)),
    Case("c20-no-extension", patients, 2, (r"2 of 2 images are missing.*tried /.*/c20-no-extension/0 .*0\.png",)),
    Case("c20-one-missing", patients, 2, (r"1 of 3 images are missing, first nope\.png; tried /.*/nope\.png",)),
    Case("c20-one-missing", patients + " --allow-missing",
         says=(r"1 of 3 images are missing.*images left out: 1",), check=images(2), name="c20-allowed"),
    Case("c20-quote-in-name-csv", patients, 2, (r"1 of 2 images are missing.*tried /.*/a\"b\.png",)),
    Case("c20-symlink", in_copy("own"), setup=own_copy(b"own"), check=images(2)),
    Case("c20-unicode", patients, check=all_of(images(2), all_decodable)),
    Case("c20-uppercase", patients, 2, (r"2 of 2 images are missing.*tried /.*/0\.PNG \(not found, but 0\.png exists\)",)),
    Case("c20-windows-drive", patients, 2, (r"2 of 2 images are missing.*tried /.*C:\\\w+\\0\.png",)),
    Case("c20-dots", in_copy("R\udcf6ntgen"), setup=own_copy(b"R\xf6ntgen"), check=all_of(images(2), all_decodable),
         name="c02-latin1-folder"),
]

six = splits(*["train"] * 8, *["test"] * 4)
nih_six = "--validation-share 0"

layouts = [
    Case("c05-lists-crlf-bom", f"{nih} {nih_six}", check=six),
    Case("c05-no-last-newline", f"{nih} {nih_six}", says=(r"no line end after its last row",), check=six),
    Case("c05-patient-float", f"{nih} {nih_six}", check=all_of(six, patient_sizes(2, 2, 2, 2, 2, 2))),
    Case("c05-patient-thousands", f"{nih} {nih_six}",
         check=lambda run: same("patients", bytes(run.prepared().tensor("patient_ids")).split(),
                                [b"1001", b"1002", b"1003", b"1004", b"1005", b"1006"])),
    Case("c10-kaggle-sample", nih + " --split patient", check=images(12)),
    Case("c10-kaggle-sample", nih, 2, (r"train_val_list\.txt: is missing.*--split patient",), name="c10-kaggle-lists"),
    Case("c10-lists-missing", nih, 2, (r"train_val_list\.txt: is missing.*--split patient",)),
    Case("c11-hf-data-images", f"{nih} {nih_six}", check=all_of(images(12), six)),
    Case("c11-kaggle-images_001", f"{nih} {nih_six}", check=all_of(images(12), six)),
    Case("c11-uppercase", f"{nih} {nih_six}", check=all_of(images(12), six)),
]


def sample_of(run):
    """The same six patients in Kaggle's spelling, each in the other split."""
    sample = run.out / "sample"
    shutil.copytree(run.folder / "images", sample / "images")
    table = (run.folder / "Data_Entry_2017_v2020.csv").read_text().splitlines()
    rows = [row.split(",") for row in table[1:]]
    padded = [",".join([row[0].replace("_000", "_001"), *row[1:3], f"{int(row[3]):08}", *row[4:]]) for row in rows]
    (sample / "Data_Entry_2017.csv").write_text("\n".join([table[0], *padded]) + "\n")
    names = [row.split(",")[0] for row in padded]
    (sample / "test_list.txt").write_text("\n".join(names[:3]))
    (sample / "train_val_list.txt").write_text("\n".join(names[3:]))
    status, output = run.also(nih.replace("p.safetensors", "s.safetensors") + f" {nih_six} --root {sample}")
    assert status == 0, output


def six_in_two_splits(run):
    status, output = run.also("audit {out}/p.safetensors {out}/s.safetensors")
    if status != 3 or "patients in two splits: 6" not in output:
        return f"audit: status {status}: {output}"
    return None


def siim_masks(run):
    prepared = run.prepared()
    found = [any(prepared.mask(i)) for i in range(4)]
    return same("images with a mask", found, [False, True, False, True]) or labels((0, 1, 0, 1))(run)


layouts += [
    Case("c10-patients-padded-full", f"{nih} {nih_six}", setup=sample_of, check=six_in_two_splits),
    Case("c10-patients-same-form-full", f"{nih} {nih_six}", setup=sample_of, check=six_in_two_splits),
    Case("c14-siim-vbookshelf", "prepare --dataset siim --split patient --size 64 --out {out}/p.safetensors",
         check=siim_masks),
    Case("c14-siim-vbookshelf", "prepare --dataset siim --size 64 --out {out}/p.safetensors", 2,
         (r"no stage_1_test_images\.csv.*--split patient",), name="c14-siim-official"),
    Case("c15-vinbig-small-no-meta-boxes-fit",
         "prepare --dataset vinbig --split patient --size 64 --out {out}/p.safetensors",
         says=(r"3 of 3 boxes are left out",),
         check=lambda run: same("boxes", run.prepared().shape("boxes")[0], 0)),
]
for case in layouts:
    if "--dataset" in case.command and "--root" not in case.command:
        case.command += " --root ."

cases = text + words + people + files + layouts
"""All cases, in the order of their kinds."""
