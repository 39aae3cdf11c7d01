// Breakpoint sites of one address space: planted instructions shared by all engines that asked for them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <cotrace/engine.h>
#include <cotrace/error.h>
#include <cotrace/ids.h>

#include "trace/core.h"

namespace cotrace::trace {

// One owner's wish at a site.
struct Owner {
  Engine* engine{nullptr};
  PointId point;
  std::shared_ptr<Condition> condition;  // shared with the copies that a fork makes
};

struct Site {
  Addr address;
  std::byte original{};
  std::vector<Owner> owners;  // empty: stale, to be lifted before anything runs here
};

// The sites of one memory image; knows bytes and owners, touches no process.
class SiteTable {
 public:
  Site* find(Addr address);
  [[nodiscard]] const Site* find(Addr address) const;
  Site& add(Addr address, std::byte original);
  void erase(Addr address) { sites_.erase(address); }
  void clear() { sites_.clear(); }

  [[nodiscard]] bool empty() const { return sites_.empty(); }
  [[nodiscard]] bool any_owned() const;
  [[nodiscard]] bool any_stale() const { return stale_ != 0; }
  // All that nobody owns any more.
  [[nodiscard]] std::vector<Addr> stale() const;
  [[nodiscard]] const std::map<Addr, Site>& all() const { return sites_; }

  void add_owner(Site& site, Owner owner);
  // True if that was the last owner: the site is stale now.
  bool remove_owner(Site& site, PointId point);
  void forget_stale(Addr address);
  // Drops what the engine owns anywhere in this table.
  void remove_engine(const Engine& engine);

  [[nodiscard]] bool overlap(Addr address, std::uint64_t length) const;
  // Puts the program's own bytes over the breakpoints in what was read at `address`.
  void hide(Addr address, std::span<std::byte> bytes) const;
  // Takes what is to be written at `address` into the sites it overlaps, and puts their breakpoints into it.
  void show(Addr address, std::span<std::byte> bytes);

 private:
  std::map<Addr, Site> sites_;
  std::size_t stale_{0};
};

}  // namespace cotrace::trace
