#pragma once

#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// A figure of a publication, as experiments/published_figures.h reads it. Empty texts: not stated there.
struct PublishedFigure {
    std::string dataset; ///< a plan's dataset of this name, or whose name begins with it and _ or -
    std::string metric;  ///< "auc" or "dice", in percent
    std::string method, network, pretraining;
    std::string split;                   ///< "official", "patient", or a folder of lists, such as "benchx"
    std::string selection;               ///< validation or test
    double fraction = 1;                 ///< label fraction, or number of images
    std::optional<std::int64_t> classes; ///< number of columns in the mean
    double value = 0;                    ///< percent
    std::optional<double> value_to;      ///< the upper end, if a range was published
    std::optional<double> deviation;     ///< over runs, points
    std::string source;
    bool comparable = false; ///< false: not by its nature, whatever the protocol; `reason` says why
    std::string reason;
};

/// A published figure next to an experiment's figures on that dataset at that label fraction.
struct PublishedLine : TableKey {
    const PublishedFigure* published = nullptr;
    struct Ours {
        std::string method;
        std::string figure; ///< "72.1 (70.1–74.0)", with its marks
    };
    std::vector<Ours> ours;
    std::vector<std::string> differences; ///< of the protocols: "split", "network", ...; empty: the same
    bool same() const { return differences.empty() && published->comparable; }
    /// "no (split, network; image-text pre-training)" or "yes".
    std::string same_text() const;
    /// "MRM (ViT-B), 1 %".
    std::string name() const;
    /// "79.4", "80.5 to 81.1", "80.31 ± 0.10".
    std::string value_text() const;
};

/// Every published figure of a dataset, metric and label fraction that the experiment has. `rows`: its grids of both
/// tasks.
std::vector<PublishedLine> published_lines(Store& store, const std::string& experiment,
                                           const std::vector<GridRow>& rows,
                                           const std::vector<PublishedFigure>& figures);

/// For the terminal: "published 79.4, here mlvicx 72.1 (70.1–74.0); same protocol: no (split)", with the source. Says
/// so if nothing matches.
std::string published_text(const std::vector<PublishedLine>& lines);
/// Two tables for each table of the grid: figures side by side; what differs, with the source.
std::vector<Table> published_tables(const std::vector<PublishedLine>& lines);
/// One line per published figure and method of ours.
std::string published_csv(const std::vector<PublishedLine>& lines);

} // namespace mlvicx
